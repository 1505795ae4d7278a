using System.Text.Json;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>
/// A page of a shared group: <c>{"records":[{…,"receipt":"…","deliveryCount":1}],"upToDate":true,"expiresAt":…,"expiresInMs":…}</c>.
/// </summary>
internal static class SharedPage
{
    private static readonly JsonEncodedText Receipt = JsonEncodedText.Encode("receipt");
    private static readonly JsonEncodedText DeliveryCount = JsonEncodedText.Encode("deliveryCount");

    /// <summary>Sends the page; nothing was sent before.</summary>
    public static async Task SendAsync(HttpResponse response, ShareBatch batch, RecordShape shape, CancellationToken cancellationToken)
    {
        using var body = new PooledBuffer();
        await using (var json = new Utf8JsonWriter(body, ApiJson.WriterOptions))
        {
            json.WriteStartObject();
            json.WriteStartArray("records");
            foreach (var record in batch.Records) Write(json, record, shape);
            json.WriteEndArray();
            json.WriteBoolean("upToDate", batch.IsUpToDate);
            WriteGaps(json, batch.Gaps);
            json.WriteString("expiresAt", batch.ExpiresAt);
            json.WriteNumber("expiresInMs", (long)batch.ExpiresIn.TotalMilliseconds);
            json.WriteEndObject();
        }

        response.ContentType = ContentTypes.Json;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body.Written, cancellationToken);
    }

    /// <summary>Writes a record with its receipt.</summary>
    public static void Write(Utf8JsonWriter json, SharedRecord record, RecordShape shape)
    {
        json.WriteStartObject();
        RecordJson.WriteMembers(json, record.Partition.Topic, record.Partition.Partition, record.Record, shape);
        if (record.Receipt is { } receipt) json.WriteString(Receipt, receipt);
        json.WriteNumber(DeliveryCount, record.DeliveryCount);
        json.WriteEndObject();
    }

    private static void WriteGaps(Utf8JsonWriter json, IReadOnlyList<ShareGap> gaps)
    {
        if (gaps.Count == 0) return;
        json.WriteStartArray("gaps");
        foreach (var (partition, from, to, isTrimmed) in gaps)
        {
            json.WriteStartObject();
            json.WriteString("topic", partition.Topic);
            json.WriteNumber("partition", partition.Partition);
            json.WriteNumber("from", from);
            json.WriteNumber("to", to);
            json.WriteString("reason", isTrimmed ? ReadNotice.Trimmed : ReadNotice.Corrupt);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
