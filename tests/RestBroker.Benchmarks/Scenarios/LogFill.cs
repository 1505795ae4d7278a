using System.Text.Json.Nodes;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>Fills a log of one partition fast: whole record batches, several a request. Not thread-safe.</summary>
internal sealed class LogFill(Broker broker, string topic)
{
    /// <summary>A little less than a MiB, so that a page of a MiB holds one.</summary>
    public const int RecordsPerBatch = 950;

    private const int MostBatches = 7; // a body has 8 MiB at most

    private static readonly byte[] Batch = BatchBytes.Of(RecordsPerBatch);

    private readonly List<long> _pages = [];

    /// <summary>The offset of each batch that was filled in; others may lie between them.</summary>
    public IReadOnlyList<long> Pages => _pages;

    /// <summary>Appends until there are so many.</summary>
    public async Task ToAsync(int mebibytes)
    {
        var partition = JsonNode.Parse(await broker.GetAsync($"/v1/topics/{topic}/partitions/0"))!;
        var next = partition["nextOffset"]!.GetValue<long>();
        while (_pages.Count < mebibytes)
        {
            var batches = Math.Min(MostBatches, mebibytes - _pages.Count);
            byte[] body = [.. Enumerable.Repeat(Batch, batches).SelectMany(batch => batch)];
            await broker.PostAsync($"/v1/topics/{topic}/partitions/0/records", body, BatchBytes.ContentType);
            for (; batches > 0; batches--, next += RecordsPerBatch) _pages.Add(next);
        }
    }
}
