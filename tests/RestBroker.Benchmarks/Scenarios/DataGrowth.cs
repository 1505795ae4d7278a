using System.Globalization;
using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>What a record costs to read, to write and to consume when there is more data, beside a log of a MiB.</summary>
internal static class DataGrowth
{
    private const int Connections = 64;
    private const int Requests = 10_000;
    private const int BatchesPerPage = 10;
    private const string Small = "grow-small";
    private const string Large = "grow-data";
    private const string Name = "1 MiB";

    /// <summary>Bytes of a consumer's page.</summary>
    public static readonly int PageSize = LogFill.BatchSize * BatchesPerPage;

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync(Small, isSynced: false);
        await bench.Broker.CreateTopicAsync(Large, isSynced: false, maxBytes: 1L << 40);
        await bench.Broker.CreateTopicAsync($"{Small}-written", isSynced: false);
        var small = new LogFill(bench.Broker, Small);
        await small.ToAsync(1);
        var large = new LogFill(bench.Broker, Large);
        foreach (var mebibytes in Sizes(bench.Pace))
        {
            await large.ToAsync(mebibytes);
            var size = mebibytes < 1024 ? $"{mebibytes} MiB" : $"{mebibytes / 1024} GiB";
            CompareReads(bench, small.Batches, large.Batches, size);
            // Before anything is written again: beside syncs the broker reads with care.
            if (mebibytes >= 1024) await CompareColdAsync(bench, large.Batches, size);
            CompareWrites(bench, size);
        }

        await bench.Broker.DeleteTopicAsync(Large);
    }

    // Connected anew for each size: while much is filled in, the broker closes who says nothing.
    private static void CompareReads(Bench bench, IReadOnlyList<long> small, IReadOnlyList<long> large, string size)
    {
        using var random = Random(bench, Small, small);
        using var randomLarge = Random(bench, Large, large);
        GrowthScenario.CompareReads(bench, $"read one record of 1 KiB at random, {size} of data", new GrowthPoint(randomLarge, random, Name));
        using var consume = Consume(bench, Small, small);
        using var consumeLarge = Consume(bench, Large, large);
        GrowthScenario.CompareReads(bench, $"consume from the start, pages of 1 MiB, {size} of data", new GrowthPoint(consumeLarge, consume, Name, LogFill.RecordsPerBatch * BatchesPerPage));
    }

    private static void CompareWrites(Bench bench, string size)
    {
        using var write = bench.Drive(isOurs: true, Connections, Write($"{Small}-written"));
        using var writeLarge = bench.Drive(isOurs: true, Connections, Write(Large));
        GrowthScenario.CompareWrites(bench, $"produce 1 KiB, async, {size} of data", new GrowthPoint(writeLarge, write, Name));
    }

    // What memory does not hold cannot be as quick: beside the same files, read by this program, and before each slice forgotten.
    private static async Task CompareColdAsync(Bench bench, IReadOnlyList<long> batches, string size)
    {
        using var files = new LogFiles(await bench.Broker.PartitionDirectoryAsync(Large));
        using var consume = Consume(bench, Large, batches);
        bench.Compare($"consume from the start, pages of 1 MiB, {size} that memory has not", new Goal("flat"), new Comparison(bench.Pace)
        {
            Ours = files.Forgotten(bench.Ours(consume, LogFill.RecordsPerBatch * BatchesPerPage, PageSize)),
            Limit = files.Forgotten(new Side("reading the files", duration => files.ReadOn(duration, PageSize))),
            Format = Figures.BytesPerSecond,
        });
        using var random = Random(bench, Large, batches);
        bench.Compare($"read one record of 1 KiB at random, {size} that memory has not", new Goal("flat"), new Comparison(bench.Pace)
        {
            Ours = files.Forgotten(bench.Ours(random, 1)),
            Limit = files.Forgotten(new Side("a batch anywhere in the files", duration => files.ReadAnywhere(duration, LogFill.BatchSize, Connections))),
        });
    }

    private static IEnumerable<int> Sizes(Pace pace)
    {
        int[] sizes = pace.IsFull ? [64, 1_024, 10 * 1_024, pace.DataGibibytes * 1_024] : [64, 1_024];
        return sizes.Where(size => size <= Math.Max(1_024, pace.DataGibibytes * 1_024)).Distinct().Order();
    }

    private static LoadDriver Random(Bench bench, string topic, IReadOnlyList<long> batches)
    {
        var random = new Random(1);
        var requests = Enumerable.Range(0, Requests).Select(_ => batches[random.Next(batches.Count)] + random.Next(LogFill.RecordsPerBatch))
            .Select(offset => HttpText.Get($"/v1/topics/{topic}/partitions/0/records/{offset.ToString(CultureInfo.InvariantCulture)}")).ToArray();
        var turn = 0;
        return new LoadDriver(bench.Broker.EndPoint, Connections, _ => requests[turn++ % requests.Length]);
    }

    /// <summary>A consumer that takes the log's pages in turn from the first on, and at the end again: what is small is read again and again.</summary>
    public static LoadDriver Consume(Bench bench, string topic, IReadOnlyList<long> batches)
    {
        long[] offsets = [.. batches.Where((_, batch) => batch % BatchesPerPage == 0)];
        var turn = 0;
        return new LoadDriver(bench.Broker.EndPoint, 1, _ => HttpText.Get(
            $"/v1/topics/{topic}/partitions/0/records?offset={offsets[turn++ % offsets.Length]}&maxBytes={PageSize}", BatchBytes.ContentType));
    }

    private static byte[] Write(string topic) => HttpText.Post($"/v1/topics/{topic}/partitions/0/records", Bodies.Json(1));
}
