using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>What a record costs when there is more of everything: each row is a point of a curve, beside the curve's first.</summary>
internal static class GrowthScenario
{
    private const int Connections = 64;
    private const int PartitionsPerTopic = 1_000;
    private const double LongSliceSeconds = 2;

    public static async Task RunAsync(Bench bench)
    {
        var most = Broker.MostPartitions;
        if (most < 10_000) Console.WriteLine($"   {most} logs at once, not 10,000: this process may have {Descriptors.Limit} files open, and the broker gives half of them to logs");
        await PartitionsAsync(bench, [10, 100, 1_000, most]);
        await ConnectionsAsync(bench, [1, 64, 1_000, Math.Min(10_000, (int)(Descriptors.Limit / 2))]);
        await DataGrowth.RunAsync(bench);
    }

    /// <summary>A point of a curve beside its first.</summary>
    public static void Compare(Bench bench, string work, LoadDriver ours, LoadDriver first, string name, int recordsPerRequest = 1, Pace? pace = null) =>
        bench.Compare(work, new Goal("flat", AtLeast: 0.8), new Comparison(pace ?? bench.Pace)
        {
            Ours = bench.Ours(ours, recordsPerRequest),
            Limit = bench.Ours(first, recordsPerRequest) with { Name = name },
        });

    private static async Task PartitionsAsync(Bench bench, int[] counts)
    {
        // What is written is synced within a second: each slice is to have its own syncs, and not those of the one before.
        var pace = bench.Pace with { Slice = TimeSpan.FromSeconds(Math.Max(bench.Pace.Slice.TotalSeconds, LongSliceSeconds)) };
        await bench.Broker.CreateTopicAsync("grow-1", isSynced: false);
        using var one = PartitionScenario.Drive(bench, "grow-1", 1);
        foreach (var count in counts)
        {
            // A topic has a thousand partitions at most.
            var topics = (count + PartitionsPerTopic - 1) / PartitionsPerTopic;
            for (var i = 0; i < topics; i++) await bench.Broker.CreateTopicAsync($"grow-{count}-{i}", Math.Min(count, PartitionsPerTopic), isSynced: false);
            var body = Bodies.Json(1);
            var requests = Enumerable.Range(0, count)
                .Select(p => HttpText.Post($"/v1/topics/grow-{count}-{p / PartitionsPerTopic}/partitions/{p % PartitionsPerTopic}/records", body)).ToArray();
            var turn = 0;
            using var many = new LoadDriver(bench.Broker.EndPoint, Connections, _ => requests[turn++ % count]);
            // Each has its files before it counts.
            while (turn < count) many.Run(bench.Pace.WarmUp);
            Compare(bench, $"produce 1 KiB, async, {Figures.Count(count)} partitions", many, one, "1 partition", pace: pace);
            for (var i = 0; i < topics; i++) await bench.Broker.DeleteTopicAsync($"grow-{count}-{i}");
        }
    }

    // More connections cost the driver and Kestrel more too, so each point stands beside its own limit: the ratio is to stay.
    private static async Task ConnectionsAsync(Bench bench, int[] counts)
    {
        using var broker = await Broker.StartAsync(bench.Directory["connections"], environment: [KeyValuePair.Create("RestBroker__MaxOpenSegments", "500")]);
        await broker.CreateTopicAsync("grow-connections", isSynced: false);
        var request = HttpText.Post("/v1/topics/grow-connections/records", Bodies.Json(1));
        var discard = HttpText.Post("/discard", Bodies.Json(1));
        foreach (var count in counts)
        {
            bench.Compare($"produce 1 KiB, async, {Figures.Count(count)} connections", new Goal("flat"), new Comparison(bench.Pace)
            {
                Ours = Opened("broker", broker.Process, count, request),
                Limit = Opened("discard, as many", bench.Limit.Process, count, discard),
            });
        }
    }

    // Opened anew for each slice, and used once before it counts: one process may not have twice as many open.
    private static Side Opened(string name, ServerProcess server, int connections, byte[] request) => new(name, duration =>
    {
        using var driver = new LoadDriver(server.EndPoint, connections, _ => request);
        driver.Run(TimeSpan.FromMilliseconds(1));
        return Bench.Beside(name, server, driver, 1).Run(duration);
    });
}
