using System.Text.Json;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;

namespace RestBroker.Server.Producing;

/// <summary>Reads <c>{"records":[R,…]}</c>.</summary>
internal static class RecordEnvelopeReader
{
    // Deep enough that a value's own limit is found by name and not as broken JSON.
    private const int ReaderDepth = 1_000;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads the records of a request into <paramref name="work"/>, and every fault of form.</summary>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    /// <exception cref="BrokerException">RequestTooLarge: more records than allowed.</exception>
    public static void Read(ReadOnlyMemory<byte> body, int maxRecords, int maxDepth, ProduceWork work)
    {
        body = WithoutByteOrderMark(body);
        var json = Reader(body);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) work.Faults.Add("", "The body is an object: {\"records\":[…]}.");
        else ReadMembers(ref json, body, maxRecords, maxDepth, work.Records, work.Faults);
        while (json.Read())
        {
            // Whatever follows must be JSON too: the reader throws where it is not.
        }
    }

    /// <summary>The bytes without the mark that some editors put first.</summary>
    public static ReadOnlyMemory<byte> WithoutByteOrderMark(ReadOnlyMemory<byte> bytes) =>
        bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;

    /// <summary>A reader over bytes that may hold a value deeper than allowed.</summary>
    public static Utf8JsonReader Reader(ReadOnlyMemory<byte> bytes) => new(bytes.Span, new JsonReaderOptions { MaxDepth = ReaderDepth });

    private static void ReadMembers(
        ref Utf8JsonReader json, ReadOnlyMemory<byte> body, int maxRecords, int maxDepth, ProducedRecords records, RecordFaults faults)
    {
        var seen = false;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isRecords = json.ValueTextEquals("records"u8);
            var name = isRecords ? "records" : json.GetString();
            json.Read();
            if (!isRecords || seen)
            {
                faults.Add($"/{name}", isRecords ? "The member is repeated." : "There is only one member here: records.");
                json.Skip();
                continue;
            }

            seen = true;
            if (json.TokenType == JsonTokenType.StartArray) ReadRecords(ref json, body, maxRecords, maxDepth, records, faults);
            else RecordJsonReader.Refuse(ref json, "/records", "records is an array of records.", faults);
        }

        if (!seen) faults.Add("", "The member records is missing: {\"records\":[{\"value\":…}]}.");
        else if (records.Count == 0 && !faults.Any) faults.Add("/records", "There is no record in it.");
    }

    private static void ReadRecords(
        ref Utf8JsonReader json, ReadOnlyMemory<byte> body, int maxRecords, int maxDepth, ProducedRecords records, RecordFaults faults)
    {
        var turn = default(Turns);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            var begin = json.TokenStartIndex;
            if (records.Count == maxRecords)
            {
                throw new BrokerException(
                    BrokerError.RequestTooLarge, $"More than {maxRecords} records in one request. Send several requests, or stream NDJSON.");
            }

            faults.Index = records.Count;
            records.Add(RecordJsonReader.Read(ref json, body, maxDepth, faults));
            if (faults.IsFull) throw faults.ToRefusal();
            if (turn.IsOver(json.BytesConsumed - begin + Turns.RecordSize)) Turns.YieldThread();
        }

        faults.Index = -1;
    }
}
