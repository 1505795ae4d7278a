using System.Text.Json.Nodes;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>Fills a log of one partition fast: whole record batches, many a request. Not thread-safe.</summary>
internal sealed class LogFill(Broker broker, string topic)
{
    /// <summary>As in the other scenarios.</summary>
    public const int RecordsPerBatch = 100;

    private const int BatchesPerMebibyte = 10;
    private const int MostBatches = 70; // a body has 8 MiB at most

    private static readonly byte[] Batch = BatchBytes.Of(RecordsPerBatch);
    private static readonly byte[] FullBody = Body(MostBatches);

    private readonly List<long> _batches = [];

    /// <summary>The offset of each batch that was filled in; others may lie between them.</summary>
    public IReadOnlyList<long> Batches => _batches;

    /// <summary>Bytes of a batch.</summary>
    public static int BatchSize => Batch.Length;

    /// <summary>Appends until there are so many.</summary>
    public async Task ToAsync(int mebibytes)
    {
        var partition = JsonNode.Parse(await broker.GetAsync($"/v1/topics/{topic}/partitions/0"))!;
        var next = partition["nextOffset"]!.GetValue<long>();
        while (_batches.Count < mebibytes * BatchesPerMebibyte)
        {
            var count = Math.Min(MostBatches, (mebibytes * BatchesPerMebibyte) - _batches.Count);
            await broker.PostAsync($"/v1/topics/{topic}/partitions/0/records", count == MostBatches ? FullBody : Body(count), BatchBytes.ContentType);
            for (; count > 0; count--, next += RecordsPerBatch) _batches.Add(next);
        }
    }

    private static byte[] Body(int batches) => [.. Enumerable.Repeat(Batch, batches).SelectMany(batch => batch)];
}
