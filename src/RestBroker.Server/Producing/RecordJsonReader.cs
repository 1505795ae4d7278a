using System.Text;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>
/// Reads one record, <c>R</c> of the contract, from JSON: one pass, no tree; keys, strings without escapes and raw JSON values stay
/// slices of the request. Faults of form are collected with their pointers; what is not JSON at all throws.
/// </summary>
internal static class RecordJsonReader
{
    [Flags]
    private enum Members
    {
        None = 0,
        Key = 1,
        KeyBase64 = 2,
        Value = 4,
        Text = 8,
        Base64 = 16,
        Headers = 32,
        Timestamp = 64,
        Partition = 128,
    }

    private const string UnknownMember =
        "A record has no such member; it has key or keyBase64, one of value, text and base64, headers, timestamp, partition.";

    private const Members Keys = Members.Key | Members.KeyBase64;
    private const Members Values = Members.Value | Members.Text | Members.Base64;

    /// <summary>
    /// Reads the object that <paramref name="json"/> stands on and leaves it on the object's end. False where the bytes end before the object
    /// does: what was read of it, its faults too, is for nothing.
    /// </summary>
    /// <param name="json">Over the whole of <paramref name="source"/>.</param>
    /// <param name="source">What is read: slices of it become the record.</param>
    /// <param name="maxDepth">How deep a value may be.</param>
    /// <param name="faults">Grows by one entry for each fault.</param>
    /// <param name="record">The record, where it is whole.</param>
    public static bool TryRead(ref Utf8JsonReader json, ReadOnlyMemory<byte> source, int maxDepth, RecordFaults faults, out ProducedRecord record)
    {
        record = new ProducedRecord { Headers = [] };
        if (json.TokenType != JsonTokenType.StartObject)
        {
            faults.Add("", "A record is an object.");
            return json.TrySkip();
        }

        var seen = Members.None;
        ReadOnlyMemory<byte>? key = null;
        ReadOnlyMemory<byte>? value = null;
        Header[] headers = [];
        long? timestamp = null;
        int? partition = null;
        var format = RecordFormat.Json;
        while (true)
        {
            if (!json.Read()) return false;
            if (json.TokenType == JsonTokenType.EndObject) break;
            var member = MemberOf(ref json);
            if (member == Members.None) faults.Add($"/{json.GetString()}", UnknownMember);
            if ((seen & member) != 0) faults.Add($"/{json.GetString()}", "The member is repeated.");
            if (!json.Read()) return false;
            seen |= member;
            switch (member)
            {
                case Members.Key: key = Text(ref json, source, "/key", faults, nullable: true); break;
                case Members.KeyBase64: key = Base64(ref json, "/keyBase64", faults, nullable: true); break;
                case Members.Value: value = RawValue(ref json, source, maxDepth, "/value", faults); break;
                case Members.Text: (value, format) = (Text(ref json, source, "/text", faults), RecordFormat.Text); break;
                case Members.Base64: (value, format) = (Base64(ref json, "/base64", faults), RecordFormat.Base64); break;
                case Members.Headers: headers = HeaderJsonReader.Read(ref json, source, "/headers", faults); break;
                case Members.Timestamp: timestamp = Timestamp(ref json, "/timestamp", faults); break;
                case Members.Partition: partition = Partition(ref json, "/partition", faults); break;
                default: Skip(ref json); break;
            }
        }

        if ((seen & Keys) == Keys) faults.Add("", "Give key or keyBase64, not both.");
        if (!IsOne(seen & Values)) faults.Add("", "Give exactly one of value, text and base64; \"value\": null is a tombstone.");
        record = new ProducedRecord
        {
            Key = key,
            Value = value,
            Headers = WithFormat(value, format, headers, maxDepth),
            Timestamp = timestamp,
            Partition = partition,
        };
        return true;
    }

    /// <summary>A string's UTF-8; a slice of the source where nothing is escaped.</summary>
    internal static ReadOnlyMemory<byte>? Text(
        ref Utf8JsonReader json, ReadOnlyMemory<byte> source, string member, RecordFaults faults, bool nullable = false)
    {
        if (json.TokenType == JsonTokenType.Null && nullable) return null;
        if (json.TokenType != JsonTokenType.String) return Refuse(ref json, member, "The value must be a string.", faults);
        var size = json.ValueSpan.Length;
        if (!json.ValueIsEscaped) return CheckUtf8(source.Slice((int)json.TokenStartIndex + 1, size), member, faults);
        try
        {
            var unescaped = new byte[size];
            return unescaped.AsMemory(0, json.CopyString(unescaped));
        }
        catch (InvalidOperationException)
        {
            return Refuse(ref json, member, "The string is not valid Unicode (a lone surrogate); send such bytes as base64.", faults);
        }
    }

    /// <summary>The bytes of a base64 string.</summary>
    internal static ReadOnlyMemory<byte>? Base64(ref Utf8JsonReader json, string member, RecordFaults faults, bool nullable = false)
    {
        if (json.TokenType == JsonTokenType.Null && nullable) return null;
        if (json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out var bytes)) return bytes;
        return Refuse(ref json, member, "The value must be a string of base64 (RFC 4648, section 4, with padding).", faults);
    }

    internal static ReadOnlyMemory<byte>? Refuse(ref Utf8JsonReader json, string member, string detail, RecordFaults faults)
    {
        faults.Add(member, detail);
        Skip(ref json);
        return null;
    }

    /// <summary>Passes over a value. Where the bytes end before it does, so does the reading: nothing of it is taken for something else.</summary>
    internal static void Skip(ref Utf8JsonReader json)
    {
        if (json.TrySkip()) return;
        while (json.Read())
        {
            // To the end of the bytes.
        }
    }

    private static Members MemberOf(ref Utf8JsonReader json) =>
        json.ValueTextEquals("key"u8) ? Members.Key
        : json.ValueTextEquals("value"u8) ? Members.Value
        : json.ValueTextEquals("text"u8) ? Members.Text
        : json.ValueTextEquals("base64"u8) ? Members.Base64
        : json.ValueTextEquals("headers"u8) ? Members.Headers
        : json.ValueTextEquals("timestamp"u8) ? Members.Timestamp
        : json.ValueTextEquals("partition"u8) ? Members.Partition
        : json.ValueTextEquals("keyBase64"u8) ? Members.KeyBase64
        : Members.None;

    private static ReadOnlyMemory<byte>? RawValue(
        ref Utf8JsonReader json, ReadOnlyMemory<byte> source, int maxDepth, string member, RecordFaults faults)
    {
        if (json.TokenType == JsonTokenType.Null) return null;
        var start = (int)json.TokenStartIndex;
        var depth = json.CurrentDepth;
        var tooDeep = false;
        if (json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            // The token of a bracket has the depth outside it: a bracket one below the value's own opens the second level.
            while (json.Read() && json.CurrentDepth > depth)
                tooDeep |= json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && json.CurrentDepth - depth >= maxDepth;
        }

        var value = source[start..(int)json.BytesConsumed];
        if (tooDeep) faults.Add(BrokerError.InvalidRecord, member, $"The value is deeper than {maxDepth} levels.");
        return CheckUtf8(value, member, faults);
    }

    private static ReadOnlyMemory<byte> CheckUtf8(ReadOnlyMemory<byte> bytes, string member, RecordFaults faults)
    {
        if (!System.Text.Unicode.Utf8.IsValid(bytes.Span)) faults.Add(member, "The string is not valid UTF-8; send such bytes as base64.");
        return bytes;
    }

    private static long? Timestamp(ref Utf8JsonReader json, string member, RecordFaults faults)
    {
        if (json.TokenType == JsonTokenType.Null) return null;
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var milliseconds) && milliseconds >= 0) return milliseconds;
        if (json.TokenType == JsonTokenType.String && !json.ValueIsEscaped && json.ValueSpan.Length <= 64
            && TimeText.TryParse(Encoding.UTF8.GetString(json.ValueSpan), out milliseconds)) return milliseconds;
        Refuse(ref json, member, "A timestamp is an RFC 3339 string or whole milliseconds since 1970.", faults);
        return null;
    }

    private static int? Partition(ref Utf8JsonReader json, string member, RecordFaults faults)
    {
        if (json.TokenType == JsonTokenType.Null) return null;
        if (json.TokenType == JsonTokenType.Number && json.TryGetInt32(out var partition)) return partition;
        Refuse(ref json, member, "A partition is a whole number.", faults);
        return null;
    }

    private static Header[] WithFormat(ReadOnlyMemory<byte>? value, RecordFormat used, Header[] headers, int maxDepth)
    {
        if (value is not { } bytes) return headers;
        var hasContentType = headers.Length > 0;
        if (!hasContentType && used == RecordFormat.Json && bytes.Span is [(byte)'{' or (byte)'[' or (byte)'"', ..]) return headers;
        if (RecordFormats.Of(bytes.Span, headers, maxDepth) == used) return headers;
        return [.. headers, RecordFormats.Header(used)];
    }

    private static bool IsOne(Members members) => members != 0 && (members & (members - 1)) == 0;
}
