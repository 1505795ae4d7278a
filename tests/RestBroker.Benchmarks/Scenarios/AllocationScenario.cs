using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P12: bytes allocated for a record once all is warm, beside those that Kestrel and its routing allocate for the same request.</summary>
internal static class AllocationScenario
{
    private const int Connections = 16;
    private const int Records = 100;
    private const string Topic = "allocation";

    // What is allocated does not drift as the machine does: short slices are enough.
    private static readonly Pace Short = new(TimeSpan.FromSeconds(0.3), Pairs: 3, IsFull: false);

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync(Topic, isSynced: false);
        await FetchScenario.FillAsync(bench);
        Produce(bench, "produce 1 KiB, JSON", Bodies.Json(1), 1);
        Produce(bench, "batch of 100 x 1024 B, JSON strings", Bodies.Json(Records), Records);
        Produce(bench, "batch of 100 x 1024 B, record batch", BatchBytes.Of(Records), Records, BatchBytes.ContentType);
        await FetchAsync(bench, "fetch of 1 MiB, JSON", "application/json");
        await FetchAsync(bench, "fetch of 1 MiB, record batches", BatchBytes.ContentType);
    }

    private static void Produce(Bench bench, string work, byte[] body, int records, string contentType = "application/json")
    {
        using var ours = bench.Drive(isOurs: true, Connections, HttpText.Post($"/v1/topics/{Topic}/partitions/0/records", body, contentType));
        using var limit = bench.Drive(isOurs: false, Connections, HttpText.Post($"/v1/topics/{Topic}/partitions/0/discard", body, contentType));
        Compare(bench, work, bench.Ours(ours, records), bench.Beside("routed discard", limit, records));
    }

    private static async Task FetchAsync(Bench bench, string work, string accept)
    {
        using var ours = FetchScenario.Read(bench, Connections, accept);
        using var limit = bench.Drive(isOurs: false, Connections, HttpText.Get("/static"));
        var records = await FetchScenario.CountAsync(bench);
        Compare(bench, work, bench.Ours(ours, records), bench.Beside("SendFile", limit, records));
    }

    private static void Compare(Bench bench, string work, Side ours, Side limit)
    {
        var (oursLast, limitLast) = (0.0, 0.0);
        var row = new Comparison(Short)
        {
            Ours = ours with { Run = time => Kept(ours.Run(time), out oursLast) },
            Limit = limit with { Run = time => Kept(limit.Run(time), out limitLast) },
            Metric = slice => slice.BytesPerRecord ?? 0,
            Format = Figures.Bytes,
        }.Run($"bytes allocated a record: {work}", new Goal("P12", AtMost: 1));
        bench.Add(row with { Ours = $"{row.Ours}, {Figures.Bytes(Math.Max(0, oursLast - limitLast))} above the request's" });
    }

    private static Slice Kept(Slice slice, out double bytes)
    {
        bytes = slice.BytesPerRecord ?? 0;
        return slice;
    }
}
