using System.Net;
using RestBroker.Benchmarks.Limit;
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
    private const string Heavy = "/v1/topics/heavy/records";
    private const string LargePage = $"/v1/topics/{FetchScenario.Topic}/partitions/0/records?offset=0&maxBytes=16000000"; // as large as they may be
    private const int Gigabit = 125_000_000; // a second, in bytes
    private const string Cold = "cold";
    private const int ColdMebibytes = 2_048;

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("quiet");
        await bench.Broker.CreateTopicAsync("heavy", isSynced: false);
        await FetchScenario.FillAsync(bench);
        RunProducer(bench, "p99 of 1 KiB, synced, beside a heavy producer", Bodies.Json(100));
        Run(bench, "p99 of 1 KiB, synced, beside huge fetches", FetchScenario.Page(0), HttpText.Get("/static"));
        Run(bench, "p99 of 1 KiB, synced, beside fetches of 16 MB, JSON", HttpText.Get($"{LargePage}&limit=10000"));
        Run(bench, "p99 of 1 KiB, synced, beside fetches of 16 MB, record batches", HttpText.Get(LargePage, BatchBytes.ContentType), HttpText.Get("/static?count=16"));
        RunHugeProducer(bench, Bodies.Json(7_000));
        await RunColdAsync(bench);
    }

    // At the speed of memory the sending itself, by a client that shares the cores, is what the quiet one notices: so there are the same
    // beside a server that throws it away, what the broker's work adds to that, and by a line as between two machines.
    private static void RunHugeProducer(Bench bench, byte[] batch)
    {
        const string Work = "p99 of 1 KiB, synced, beside a producer of 7 MB a request";
        RunProducer(bench, Work, batch);
        Run(bench, "p99 of 1 KiB, synced, beside 7 MB a request to the server that discards", quiet => BesideDiscard(bench, batch, quiet), new Goal("fair"));
        RunOverDiscard(bench, $"{Work}, over that", batch);
        Run(bench, $"{Work} by a line of 1 Gbit/s", quiet => Beside(bench.Broker.EndPoint, HttpText.Post(Heavy, batch), quiet, Gigabit));
    }

    private static Side BesideDiscard(Bench bench, byte[] batch, Side quiet) => Beside(bench.Limit.EndPoint, HttpText.Post("/discard", batch), quiet);

    private static void RunOverDiscard(Bench bench, string work, byte[] batch)
    {
        using var quiet = Quiet(bench);
        var alone = bench.Ours(quiet, 1);
        Compare(bench, work, Beside(bench.Broker.EndPoint, HttpText.Post(Heavy, batch), alone), BesideDiscard(bench, batch, alone) with { Name = "beside discard" }, new Goal("fair", AtMost: 2));
    }

    // The limit is the disk's: this program reads the same files on and on, beside the same quiet client of the limit server.
    private static async Task RunColdAsync(Bench bench)
    {
        const string Work = "p99 of 1 KiB, synced, beside a consumer of what memory has not";
        await bench.Broker.CreateTopicAsync(Cold, isSynced: false, maxBytes: 1L << 40);
        var fill = new LogFill(bench.Broker, Cold);
        await fill.ToAsync(ColdMebibytes);
        using var files = new LogFiles(await bench.Broker.PartitionDirectoryAsync(Cold));
        using var consumer = DataGrowth.Consume(bench, Cold, fill.Batches);
        Run(bench, Work, quiet => files.Forgotten(Beside(quiet, duration => consumer.Run(duration))));
        RunLimit(bench, Work, quiet => files.Forgotten(Beside(quiet, duration => files.ReadOn(duration, DataGrowth.PageSize))));
    }

    private static void RunProducer(Bench bench, string work, byte[] batch) =>
        Run(bench, work, HttpText.Post(Heavy, batch), HttpText.Post("/append", batch));

    private static void Run(Bench bench, string work, byte[] heavy) => Run(bench, work, quiet => Beside(bench.Broker.EndPoint, heavy, quiet));

    private static void Run(Bench bench, string work, Func<Side, Side> beside, Goal? goal = null)
    {
        using var quiet = Quiet(bench);
        var alone = bench.Ours(quiet, 1);
        Compare(bench, work, beside(alone), alone with { Name = "alone" }, goal ?? new Goal("fair", AtMost: 2));
    }

    private static LoadDriver Quiet(Bench bench) => bench.Drive(isOurs: true, QuietConnections, HttpText.Post("/v1/topics/quiet/records", Bodies.Json(1)));

    private static void Compare(Bench bench, string work, Side ours, Side limit, Goal goal) => bench.Compare(work, goal, new Comparison(bench.Pace)
    {
        Ours = ours,
        Limit = limit,
        Metric = slice => slice.P99,
        Format = Figures.Duration,
        IsLessBetter = true,
    });

    private static void Run(Bench bench, string work, byte[] heavy, byte[] heavyLimit)
    {
        Run(bench, work, heavy);
        RunLimit(bench, work, quiet => Beside(bench.Limit.EndPoint, heavyLimit, quiet));
    }

    private static void RunLimit(Bench bench, string work, Func<Side, Side> beside)
    {
        using var quiet = bench.Drive(isOurs: false, QuietConnections, HttpText.Post("/append-synced", Bodies.Json(1)));
        var alone = bench.Beside("limit alone", quiet, 1);
        Compare(bench, $"{work}: the limit server", beside(alone), alone, new Goal("fair"));
    }

    private static Side Beside(IPEndPoint server, byte[] heavy, Side quiet, int? bytesPerSecond = null) => Beside(quiet, duration =>
    {
        using var driver = new LoadDriver(server, 1, _ => heavy, bytesPerSecond);
        driver.Run(duration);
    });

    private static Side Beside(Side quiet, Action<TimeSpan> heavy) => quiet with
    {
        Run = duration =>
        {
            var load = new Thread(() => heavy(duration));
            load.Start();
            var slice = quiet.Run(duration);
            load.Join();
            return slice;
        },
    };
}
