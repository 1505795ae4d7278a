using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P1 and P2: one record a request.</summary>
internal static class ProduceScenario
{
    private const int Connections = 64;

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("single");
        await bench.Broker.CreateTopicAsync("single-async", isSynced: false);
        var json = Bodies.Json(1);
        var value = Bodies.Value(0);
        var raw = HttpText.Post($"/v1/topics/single/raw?key={Bodies.Key(0)}", value, "application/octet-stream");

        Many(bench, "produce 1 KiB, JSON, 64 connections, synced", HttpText.Post("/v1/topics/single/records", json), json, new Goal("P1", AtLeast: 0.8, CpuAtMost: 1.35));
        Many(bench, "the same beside one write and a shared sync, 1 KiB", HttpText.Post("/v1/topics/single/records", json), json, new Goal(""), "append-synced");
        Many(bench, "produce 1 KiB, raw, 64 connections, synced", raw, value, new Goal("P1", AtLeast: 0.8, CpuAtMost: 1.35));
        Many(bench, "produce 1 KiB, JSON, 64 connections, async", HttpText.Post("/v1/topics/single-async/records", json), json, new Goal(""));
        One(bench, "produce 1 KiB, JSON, 1 connection, synced: median", "single", "append-synced", new Goal("P2", AtMost: 1));
        One(bench, "produce 1 KiB, JSON, 1 connection, async: median", "single-async", "discard", new Goal("P2", AtMost: 1.5));
    }

    private static void Many(Bench bench, string work, byte[] request, byte[] body, Goal goal, string beside = "discard")
    {
        using var ours = bench.Drive(isOurs: true, Connections, request);
        using var limit = bench.Drive(isOurs: false, Connections, HttpText.Post($"/{beside}", body));
        bench.Compare(work, goal, new Comparison(bench.Pace) { Ours = bench.Ours(ours, 1), Limit = bench.Beside(beside, limit, 1) });
    }

    // The limit of a synced append is one whole request and one sync of the same bytes on the same disk.
    private static void One(Bench bench, string work, string topic, string beside, Goal goal)
    {
        var body = Bodies.Json(1);
        using var ours = bench.Drive(isOurs: true, 1, HttpText.Post($"/v1/topics/{topic}/records", body));
        using var limit = bench.Drive(isOurs: false, 1, HttpText.Post($"/{beside}", body));
        bench.Compare(work, goal, new Comparison(bench.Pace)
        {
            Ours = bench.Ours(ours, 1),
            Limit = bench.Beside(beside, limit, 1),
            Metric = slice => slice.Median,
            Format = Figures.Duration,
            IsLessBetter = true,
        });
    }
}
