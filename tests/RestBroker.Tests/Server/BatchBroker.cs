using System.Buffers.Binary;
using System.Net.Http.Headers;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Server;

/// <summary>What tests of whole record batches send and get, in a line each.</summary>
internal static class BatchBroker
{
    public const string MediaType = "application/x-kafka-recordbatch";

    public const string Path = "/v1/topics/orders/partitions/0/records";

    /// <summary>A batch as a client makes it; each text is a record's value and its key.</summary>
    public static byte[] Batch(params string[] texts) => Batch(CompressionType.None, texts);

    public static byte[] Batch(CompressionType codec, params string[] texts) =>
        Batch(codec, (-1, -1, -1), [.. texts.Select((text, i) => (1_700_000_000_000 + i, text))]);

    public static byte[] Batch((long Id, short Epoch, int Sequence) producer, params string[] texts) =>
        Batch(CompressionType.None, producer, [.. texts.Select((text, i) => (1_700_000_000_000 + i, text))]);

    public static byte[] Batch(CompressionType codec, (long Id, short Epoch, int Sequence) producer, params (long Timestamp, string Text)[] records)
    {
        using var builder = new RecordBatchBuilder(codec) { Producer = producer };
        foreach (var (timestamp, text) in records)
        {
            var bytes = System.Text.Encoding.UTF8.GetBytes(text);
            builder.Append(timestamp, bytes, bytes);
        }

        return builder.Build().Bytes.ToArray();
    }

    /// <summary>Gives bytes that were changed the checksum that they would have.</summary>
    public static byte[] WithCrc(byte[] batch)
    {
        BinaryPrimitives.WriteUInt32BigEndian(batch.AsSpan(17), Crc32C.Compute(batch.AsSpan(21)));
        return batch;
    }

    /// <summary>Batches without what a log stamps on them.</summary>
    public static byte[] WithoutPlaces(byte[] batches)
    {
        var copy = batches.ToArray();
        foreach (var batch in Split(copy)) batch.StampPlace(0, -1);
        return copy;
    }

    public static List<RecordBatch> Split(byte[] batches)
    {
        var found = new List<RecordBatch>();
        for (var left = batches.AsMemory(); !left.IsEmpty; left = left[found[^1].Size..])
        {
            Assert.True(RecordBatch.TryRead(left, out var batch) && batch.IsCrcValid());
            found.Add(batch);
        }

        return found;
    }

    public static async Task<Answer> PostBatchesAsync(
        this TestBroker broker, byte[] body, string query = "", string path = Path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path + query) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return await Answer.OfAsync(await broker.Client.SendAsync(request));
    }

    /// <summary>An answer and its bytes; whoever accepts batches gets problems as JSON all the same.</summary>
    public static async Task<(Answer Answer, byte[] Bytes)> GetBatchesAsync(
        this TestBroker broker, string query = "", string path = Path, params (string Name, string Value)[] headers)
    {
        var answer = await broker.SendAsync(HttpMethod.Get, path + query, headers: [("Accept", MediaType), .. headers]);
        return (answer, await answer.Message.Content.ReadAsByteArrayAsync());
    }

    public static async Task<long> NextOffsetAsync(this TestBroker broker, string topic = "orders") =>
        (long)(await broker.GetAsync($"/v1/topics/{topic}/partitions/0")).Json["nextOffset"]!;
}
