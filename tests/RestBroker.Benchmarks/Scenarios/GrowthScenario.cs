using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>What a record costs when there is more of everything: each row is a point of a curve, beside the curve's first.</summary>
internal static class GrowthScenario
{
    private const int Connections = 64;
    private const int PartitionsPerTopic = 1_000;

    public static async Task RunAsync(Bench bench)
    {
        var most = Broker.MostPartitions;
        if (most < 10_000) Console.WriteLine($"   {most} logs at once, not 10,000: this process may have {Descriptors.Limit} files open, and the broker gives half of them to logs");
        await PartitionsAsync(bench, [10, 100, 1_000, most]);
        await ConnectionsAsync(bench, [1, 64, 1_000, Math.Min(10_000, (int)(Descriptors.Limit / 2))]);
        await DataGrowth.RunAsync(bench);
    }

    /// <summary>A point of a curve beside its first, of reads.</summary>
    public static void CompareReads(Bench bench, string work, GrowthPoint point) => Compare(bench, bench.Pace, work, point);

    /// <summary>A point of a curve beside its first, of writes that are acked before they are synced.</summary>
    public static void CompareWrites(Bench bench, string work, GrowthPoint point) => Compare(bench, bench.Pace.OfSteadySyncs, work, point);

    private static void Compare(Bench bench, Pace pace, string work, GrowthPoint point) =>
        bench.Compare(work, new Goal("flat", AtLeast: 0.8), new Comparison(pace)
        {
            Ours = bench.Ours(point.Ours, point.RecordsPerRequest),
            Limit = bench.Ours(point.First, point.RecordsPerRequest) with { Name = point.Name },
        });

    private static async Task PartitionsAsync(Bench bench, int[] counts)
    {
        await bench.Broker.CreateTopicAsync("grow-1", isSynced: false);
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
            using var one = PartitionScenario.Drive(bench, "grow-1", 1);
            CompareWrites(bench, $"produce 1 KiB, async, {Figures.Count(count)} partitions", new GrowthPoint(many, one, "1 partition"));
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

/// <summary>A point of a curve and the curve's first.</summary>
/// <param name="Ours">What drives the point.</param>
/// <param name="First">What drives the first.</param>
/// <param name="Name">What the first is called.</param>
/// <param name="RecordsPerRequest">Of both.</param>
internal sealed record GrowthPoint(LoadDriver Ours, LoadDriver First, string Name, int RecordsPerRequest = 1);
