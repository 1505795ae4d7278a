using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P3: a hundred records a request, beside the checksum and the write of the same bytes.</summary>
internal static class BatchScenario
{
    private const int Connections = 4;
    private const int Records = 100;

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("batch", isSynced: false);
        await bench.Broker.CreateTopicAsync("batch-synced");
        var text = Bodies.Json(Records);
        Run(bench, "batch of 100 x 1024 B, JSON strings", text, new Goal("P3", AtLeast: 0.75));
        Run(bench, "batch of 100 x 1024 B, JSON strings, synced", text, new Goal(""), isSynced: true);
        Run(bench, "batch of 100 x 1024 B, NDJSON", Bodies.Ndjson(Records), new Goal("P3", AtLeast: 0.75), contentType: "application/x-ndjson");
        Run(bench, "batch of 100 x 1024 B, record batch", BatchBytes.Of(Records), new Goal("P3", AtLeast: 0.85), contentType: BatchBytes.ContentType);
        Run(bench, "batch of 100 x 1024 B, JSON objects", Bodies.JsonObjects(Records), new Goal("P3"));
    }

    private static void Run(Bench bench, string work, byte[] body, Goal goal, bool isSynced = false, string contentType = "application/json")
    {
        var topic = isSynced ? "batch-synced" : "batch";
        var beside = isSynced ? "append-synced" : "append";
        using var ours = bench.Drive(isOurs: true, Connections, HttpText.Post($"/v1/topics/{topic}/partitions/0/records", body, contentType));
        using var limit = bench.Drive(isOurs: false, Connections, HttpText.Post($"/{beside}", body, contentType));
        bench.Compare(work, goal, new Comparison(bench.Pace) { Ours = bench.Ours(ours, Records), Limit = bench.Beside(beside, limit, Records) });
    }
}
