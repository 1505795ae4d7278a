using System.Globalization;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>What a record costs when there is more of everything: each row is a point of a curve, beside the curve's first.</summary>
internal static class GrowthScenario
{
    private const int Connections = 64;

    public static async Task RunAsync(Bench bench)
    {
        await PartitionsAsync(bench, bench.Pace.IsFull ? [10, 100, 1_000, 9_000] : [100, 1_000]);
        await ConnectionsAsync(bench, bench.Pace.IsFull ? [1, 64, 1_000, 5_000] : [1, 64, 1_000]);
        await DataAsync(bench, bench.Pace.IsFull ? [64, 1_024, 4_096] : [64, 512]);
    }

    private static async Task PartitionsAsync(Bench bench, int[] counts)
    {
        await bench.Broker.CreateTopicAsync("grow-1", isSynced: false);
        using var one = PartitionScenario.Drive(bench, "grow-1", 1);
        foreach (var count in counts)
        {
            // A topic has a thousand partitions at most.
            var topics = Math.Max(1, count / 1_000);
            for (var i = 0; i < topics; i++) await bench.Broker.CreateTopicAsync($"grow-{count}-{i}", Math.Min(count, 1_000), isSynced: false);
            var body = Bodies.Json(1);
            var requests = Enumerable.Range(0, count).Select(p => HttpText.Post($"/v1/topics/grow-{count}-{p / 1_000}/partitions/{p % 1_000}/records", body)).ToArray();
            var turn = 0;
            using var many = new LoadDriver(bench.Broker.EndPoint, Connections, _ => requests[turn++ % count]);
            Compare(bench, $"produce 1 KiB, async, {Number(count)} partitions", many, one, "1 partition");
            for (var i = 0; i < topics; i++) await bench.Broker.DeleteTopicAsync($"grow-{count}-{i}");
        }
    }

    // More connections cost the driver and Kestrel more too, so each point stands beside its own limit: the ratio is to stay.
    private static async Task ConnectionsAsync(Bench bench, int[] counts)
    {
        await bench.Broker.CreateTopicAsync("grow-connections", isSynced: false);
        var request = HttpText.Post("/v1/topics/grow-connections/records", Bodies.Json(1));
        foreach (var count in counts)
        {
            using var ours = bench.Drive(isOurs: true, count, request);
            using var limit = bench.Drive(isOurs: false, count, HttpText.Post("/discard", Bodies.Json(1)));
            bench.Compare($"produce 1 KiB, async, {Number(count)} connections", new Goal("flat"), new Comparison(bench.Pace)
            {
                Ours = bench.Ours(ours, 1),
                Limit = bench.Beside("discard, as many", limit, 1),
            });
        }
    }

    // Single records at random places of a log that grows.
    private static async Task DataAsync(Bench bench, int[] mebibytes)
    {
        const int Batch = 100;
        await bench.Broker.CreateTopicAsync("grow-small", isSynced: false);
        await bench.Broker.CreateTopicAsync("grow-data", isSynced: false, maxBytes: 8L << 30);
        var body = Bodies.Json(Batch);
        await bench.Broker.PostAsync("/v1/topics/grow-small/records", body);
        using var small = Read(bench, "grow-small", Batch);
        var records = 0;
        foreach (var size in mebibytes)
        {
            for (; records < size * 1_000; records += Batch) await bench.Broker.PostAsync("/v1/topics/grow-data/records", body);
            using var large = Read(bench, "grow-data", records);
            Compare(bench, $"read one record of 1 KiB at random, {Number(size)} MiB of data", large, small, "1 MiB");
        }
    }

    private static LoadDriver Read(Bench bench, string topic, int records)
    {
        var random = new Random(1);
        var requests = Enumerable.Range(0, 10_000)
            .Select(_ => HttpText.Get($"/v1/topics/{topic}/partitions/0/records/{random.Next(records)}")).ToArray();
        var turn = 0;
        return new LoadDriver(bench.Broker.EndPoint, Connections, _ => requests[turn++ % requests.Length]);
    }

    private static void Compare(Bench bench, string work, LoadDriver ours, LoadDriver first, string name) =>
        bench.Compare(work, new Goal("flat", AtLeast: 0.8), new Comparison(bench.Pace) { Ours = bench.Ours(ours, 1), Limit = bench.Ours(first, 1) with { Name = name } });

    private static string Number(int count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
