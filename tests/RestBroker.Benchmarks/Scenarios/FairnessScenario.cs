using System.Net;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>
/// What a quiet client notices of a heavy one: its 99th percentile beside the heavy one over that beside nobody. The limit server under
/// the same heavy load says how much of it are the two cores that everybody shares.
/// </summary>
internal static class FairnessScenario
{
    private const int QuietConnections = 4;

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("quiet");
        await bench.Broker.CreateTopicAsync("heavy", isSynced: false);
        await FetchScenario.FillAsync(bench);
        RunProducer(bench, "p99 of 1 KiB, synced, beside a heavy producer", Bodies.Json(100));
        Run(bench, "p99 of 1 KiB, synced, beside huge fetches", FetchScenario.Page(0), HttpText.Get("/static"));
        foreach (var (work, heavy) in LargerPages()) Run(bench, work, heavy);
        RunProducer(bench, "p99 of 1 KiB, synced, beside a producer of 7 MB a request", Bodies.Json(7_000));
    }

    // As large as pages may be; without a row of the limit, whose answers have a MiB.
    private static IEnumerable<(string Work, byte[] Heavy)> LargerPages()
    {
        const string Page = $"/v1/topics/{FetchScenario.Topic}/partitions/0/records?offset=0&maxBytes=16000000";
        yield return ("p99 of 1 KiB, synced, beside fetches of 16 MB, JSON", HttpText.Get($"{Page}&limit=10000"));
        yield return ("p99 of 1 KiB, synced, beside fetches of 16 MB, record batches", HttpText.Get(Page, BatchBytes.ContentType));
    }

    private static void RunProducer(Bench bench, string work, byte[] batch) =>
        Run(bench, work, HttpText.Post("/v1/topics/heavy/records", batch), HttpText.Post("/append", batch));

    private static void Run(Bench bench, string work, byte[] heavy)
    {
        using var quiet = bench.Drive(isOurs: true, QuietConnections, HttpText.Post("/v1/topics/quiet/records", Bodies.Json(1)));
        var alone = bench.Ours(quiet, 1);
        bench.Compare(work, new Goal("fair", AtMost: 2), new Comparison(bench.Pace)
        {
            Ours = Beside(bench.Broker.EndPoint, heavy, alone),
            Limit = alone with { Name = "alone" },
            Metric = slice => slice.P99,
            Format = Figures.Duration,
            IsLessBetter = true,
        });
    }

    private static void Run(Bench bench, string work, byte[] heavy, byte[] heavyLimit)
    {
        Run(bench, work, heavy);
        using var quietLimit = bench.Drive(isOurs: false, QuietConnections, HttpText.Post("/append-synced", Bodies.Json(1)));
        var limitAlone = bench.Beside("limit alone", quietLimit, 1);
        bench.Compare($"{work}: the limit server", new Goal("fair"), new Comparison(bench.Pace)
        {
            Ours = Beside(bench.Limit.EndPoint, heavyLimit, limitAlone),
            Limit = limitAlone,
            Metric = slice => slice.P99,
            Format = Figures.Duration,
            IsLessBetter = true,
        });
    }

    private static Side Beside(IPEndPoint server, byte[] heavy, Side quiet) => new(quiet.Name, duration =>
    {
        using var driver = new LoadDriver(server, 1, _ => heavy);
        var load = new Thread(() => driver.Run(duration));
        load.Start();
        var slice = quiet.Run(duration);
        load.Join();
        return slice;
    });
}
