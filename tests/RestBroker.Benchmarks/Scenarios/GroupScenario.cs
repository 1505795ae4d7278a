using System.Text;
using System.Text.Json.Nodes;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>A member of a group: a page with its lease renewed, and a commit that is on the disk when it is answered.</summary>
internal static class GroupScenario
{
    private const int Records = 10;
    private const int Small = 200_000; // more than there are commits in a measurement
    private const int SmallBatch = 10_000;
    private const string Group = "/v1/groups/readers";

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("group");
        await bench.Broker.PostAsync("/v1/topics/group/records", Bodies.Json(Records));
        for (var i = 0; i < Small; i += SmallBatch) await bench.Broker.PostAsync("/v1/topics/group/records", Bodies.Json(SmallBatch, valueSize: 8));
        // A lease that outlives the measurement, so that the first one holds.
        await bench.Broker.PutAsync(Group, new { topics = new[] { "group" }, leaseSeconds = 3_600 });
        var first = JsonNode.Parse(await bench.Broker.PostAsync($"{Group}/fetch", Encoding.ASCII.GetBytes($"{{\"member\":\"a\",\"limit\":{Records}}}")))!;
        var lease = $"{{\"id\":{first["lease"]!["id"]!.ToJsonString()},\"epoch\":{first["lease"]!["epoch"]!.ToJsonString()}}}";
        var fetch = $"{{\"member\":\"a\",\"lease\":{lease},\"limit\":{Records}}}";
        var position = 0;
        // Before the commits: what is committed is not fetched again. Each commit goes a record further, or it would change nothing.
        Run(bench, "group fetch of 10 x 1 KiB", $"{Group}/fetch", () => fetch, "discard", Records);
        Run(bench, "group commit beside a sync of as much, 1 KiB", $"{Group}/commit", () =>
            $"{{\"lease\":{lease},\"offsets\":[{{\"topic\":\"group\",\"partition\":0,\"nextOffset\":{Math.Min(++position, Small)}}}]}}", "append-synced", 1);
    }

    private static void Run(Bench bench, string work, string path, Func<string> json, string beside, int records)
    {
        var body = Encoding.ASCII.GetBytes(json());
        using var ours = new LoadDriver(bench.Broker.EndPoint, 1, _ => HttpText.Post(path, Encoding.ASCII.GetBytes(json())));
        using var limit = bench.Drive(isOurs: false, 1, HttpText.Post($"/{beside}", body));
        bench.Compare(work, new Goal(""), new Comparison(bench.Pace)
        {
            Ours = bench.Ours(ours, records, unitsPerRequest: 1),
            Limit = bench.Beside(beside, limit, 1),
            Format = Figures.RequestsPerSecond,
        });
    }
}
