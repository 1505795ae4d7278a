using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>
/// This broker beside another one, built elsewhere or with other settings of the runtime: what a change is worth. Not one of all.
/// </summary>
internal static class AgainstScenario
{
    private const int Connections = 64;
    private const int BatchConnections = 4;
    private const int Records = 100;
    private const string Topic = "against";
    private const string SyncedTopic = "against-synced";

    /// <param name="bench">The broker.</param>
    /// <param name="other">The path of another one's RestBroker.Server.dll, or empty for the same, and <c>NAME=VALUE</c> of its environment, by commas.</param>
    public static async Task RunAsync(Bench bench, string other)
    {
        var parts = other.Split(',');
        var environment = parts.Skip(1).Select(part => part.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1]));
        using var beside = await Broker.StartAsync(bench.Directory["other"], parts[0].Length > 0 ? parts[0] : null, environment);
        foreach (var broker in new[] { bench.Broker, beside })
        {
            await broker.CreateTopicAsync(Topic, isSynced: false);
            await broker.CreateTopicAsync(SyncedTopic);
        }

        Run(bench, beside, "produce 1 KiB, JSON, 1 connection, synced", 1, HttpText.Post($"/v1/topics/{SyncedTopic}/records", Bodies.Json(1)), 1);
        Run(bench, beside, "produce 1 KiB, JSON, 1 connection, async", 1, HttpText.Post($"/v1/topics/{Topic}/records", Bodies.Json(1)), 1);
        var batch = Bodies.Json(Records);
        Run(bench, beside, "produce 1 KiB, JSON, 64 connections, synced", Connections, HttpText.Post($"/v1/topics/{SyncedTopic}/records", Bodies.Json(1)), 1);
        Run(bench, beside, "produce 1 KiB, JSON, 64 connections, async", Connections, HttpText.Post($"/v1/topics/{Topic}/records", Bodies.Json(1)), 1);
        Run(bench, beside, "produce 1 KiB, raw, 64 connections, async", Connections, HttpText.Post($"/v1/topics/{Topic}/raw", Bodies.Value(1), "application/octet-stream"), 1);
        Run(bench, beside, "batch of 100, JSON, async", BatchConnections, HttpText.Post($"/v1/topics/{Topic}/records", batch), Records);
        await bench.Broker.CreateTopicAsync("read");
        await bench.Broker.PostAsync("/v1/topics/read/records", Bodies.Json(1_000));
        await beside.CreateTopicAsync("read");
        await beside.PostAsync("/v1/topics/read/records", Bodies.Json(1_000));
        Run(bench, beside, "fetch of 1 MiB, JSON", BatchConnections, HttpText.Get("/v1/topics/read/partitions/0/records?offset=0&limit=1000&maxBytes=2000000"), 1_000);
    }

    private static void Run(Bench bench, Broker other, string work, int connections, byte[] request, int records)
    {
        using var ours = bench.Drive(isOurs: true, connections, request);
        using var theirs = new LoadDriver(other.EndPoint, connections, _ => request);
        bench.Compare(work, new Goal(""), new Comparison(bench.Pace) { Ours = bench.Ours(ours, records), Limit = Bench.Beside("other", other.Process, theirs, records) });
    }
}
