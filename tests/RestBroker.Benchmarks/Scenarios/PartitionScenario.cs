using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P9: many logs to be synced at once, beside one.</summary>
internal static class PartitionScenario
{
    private const int Connections = 64;

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("one-partition");
        await bench.Broker.CreateTopicAsync("hundred-partitions", partitions: 100);
        using var many = Drive(bench, "hundred-partitions", 100);
        using var one = Drive(bench, "one-partition", 1);
        bench.Compare("produce 1 KiB, 100 partitions, 64 connections, synced", new Goal("P9", AtLeast: 0.7), new Comparison(bench.Pace)
        {
            Ours = bench.Ours(many, 1),
            Limit = bench.Ours(one, 1) with { Name = "one partition" },
        });
    }

    /// <summary>Each request goes to the partition after the one before.</summary>
    public static LoadDriver Drive(Bench bench, string topic, int partitions, int connections = Connections)
    {
        var body = Bodies.Json(1);
        var requests = Enumerable.Range(0, partitions).Select(p => HttpText.Post($"/v1/topics/{topic}/partitions/{p}/records", body)).ToArray();
        var turn = 0;
        return new LoadDriver(bench.Broker.EndPoint, connections, _ => requests[turn++ % partitions]);
    }
}
