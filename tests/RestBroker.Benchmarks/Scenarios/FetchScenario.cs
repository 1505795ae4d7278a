using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P5 and P6: reading what is in the page cache, beside Kestrel sending a file.</summary>
internal static class FetchScenario
{
    /// <summary>The topic that is read.</summary>
    public const string Topic = "fetch";

    private const string Json = "application/json";
    private const string Ndjson = "application/x-ndjson";
    private const int Connections = 4;
    // A batch of as many is a little less than a MiB, so that a page of a MiB holds one.
    private const int Records = 950;
    private const int Requests = 64;

    public static async Task RunAsync(Bench bench)
    {
        await FillAsync(bench);
        await RunAsync(bench, "fetch of 1 MiB, JSON", Json, new Goal("P5", AtLeast: 0.5));
        await RunAsync(bench, "fetch of 1 MiB, NDJSON", Ndjson, new Goal("P5"));
        await RunAsync(bench, "fetch of 1 MiB, record batches", BatchBytes.ContentType, new Goal("P5", AtLeast: 1.2, CpuAtMost: 0.8));
        await ConsumeAsync(bench, Json, "JSON");
        await ConsumeAsync(bench, BatchBytes.ContentType, "record batches");
    }

    /// <summary>64 MiB, a MiB a batch; once.</summary>
    public static async Task FillAsync(Bench bench)
    {
        if ((await bench.Broker.GetAsync($"/v1/topics?prefix={Topic}")).Contains($"\"{Topic}\"", StringComparison.Ordinal)) return;
        await bench.Broker.CreateTopicAsync(Topic, isSynced: false);
        var body = Bodies.Json(Records);
        for (var i = 0; i < Requests; i++) await bench.Broker.PostAsync($"/v1/topics/{Topic}/records", body);
    }

    /// <summary>A request for a MiB from there on; lines are told of a topic only, from its start.</summary>
    public static byte[] Page(int offset, string accept = Json) => HttpText.Get(accept switch
    {
        BatchBytes.ContentType => $"/v1/topics/{Topic}/partitions/0/records?offset={offset}&maxBytes=1048576",
        Ndjson => $"/v1/topics/{Topic}/records?from=earliest&maxBytes=1048576&limit=10000",
        _ => $"/v1/topics/{Topic}/partitions/0/records?offset={offset}&maxBytes=1048576&limit=10000",
    }, accept);

    /// <summary>Records in a page.</summary>
    public static async Task<int> CountAsync(Bench bench) =>
        (await bench.Broker.GetAsync($"/v1/topics/{Topic}/partitions/0/records?offset=0&limit=10000&maxBytes=1048576")).Split("\"offset\":").Length - 1;

    /// <summary>Readers that go from page to page.</summary>
    public static LoadDriver Read(Bench bench, int connections, string accept)
    {
        var pages = Enumerable.Range(0, Requests).Select(page => Page(page * Records, accept)).ToArray();
        var turn = 0;
        return new LoadDriver(bench.Broker.EndPoint, connections, _ => pages[turn++ % pages.Length]);
    }

    private static async Task RunAsync(Bench bench, string work, string accept, Goal goal)
    {
        using var ours = Read(bench, Connections, accept);
        using var limit = bench.Drive(isOurs: false, Connections, HttpText.Get("/static"));
        bench.Compare(work, goal, new Comparison(bench.Pace)
        {
            Ours = bench.Ours(ours, await CountAsync(bench), BodySize(ours)),
            Limit = bench.Beside("SendFile", limit, StaticEndpoint.Size),
            Format = Figures.BytesPerSecond,
        });
    }

    // One reader that goes from page to page, as one that follows a cursor does.
    private static async Task ConsumeAsync(Bench bench, string accept, string name)
    {
        using var ours = Read(bench, 1, accept);
        using var limit = bench.Drive(isOurs: false, 1, HttpText.Get("/static"));
        var records = await CountAsync(bench);
        bench.Compare($"consume from the start, 1 connection, {name}", new Goal("P6"), new Comparison(bench.Pace)
        {
            Ours = bench.Ours(ours, records),
            Limit = bench.Beside("SendFile of as many bytes", limit, StaticEndpoint.Size / BodySize(ours) * records),
        });
    }

    private static double BodySize(LoadDriver driver)
    {
        var result = driver.Run(TimeSpan.FromMilliseconds(200));
        return result.BodyBytes / (double)result.Requests;
    }
}
