using System.Runtime.InteropServices;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>What every scenario has at hand: the broker and its limit, each in a process of its own, over one disk.</summary>
internal sealed partial class Bench : IDisposable
{
    private const int WarmUpConnections = 16;

    private static readonly TimeSpan WarmUpTime = TimeSpan.FromSeconds(2);

    private readonly List<Row> _rows = [];

    private Bench(WorkDirectory directory, Broker broker, LimitServer limit, Pace pace) =>
        (Directory, Broker, Limit, Pace) = (directory, broker, limit, pace);

    public WorkDirectory Directory { get; }

    public Broker Broker { get; private set; }

    public LimitServer Limit { get; }

    public Pace Pace { get; }

    public IReadOnlyList<Row> Rows => _rows;

    public static async Task<Bench> StartAsync(Pace pace)
    {
        var directory = new WorkDirectory();
        var broker = await Broker.StartAsync(directory["broker"]);
        return new Bench(directory, broker, await LimitServer.StartAsync(directory["limit"]), pace);
    }

    /// <summary>
    /// Does some of everything: .NET compiles what is used often again, with what it has learnt, and that takes the cores for seconds.
    /// </summary>
    public async Task WarmUpAsync()
    {
        await Broker.CreateTopicAsync("warm-up", isSynced: false);
        await Broker.CreateTopicAsync("warm-up-read", isSynced: false);
        await Broker.PostAsync("/v1/topics/warm-up-read/records", Bodies.Json(100));
        byte[][] requests =
        [
            HttpText.Post("/v1/topics/warm-up/records", Bodies.Json(1)),
            HttpText.Post("/v1/topics/warm-up/raw", Bodies.Value(0), "application/octet-stream"),
            HttpText.Post("/v1/topics/warm-up/records", Bodies.Json(100)),
            HttpText.Get("/v1/topics/warm-up-read/partitions/0/records?offset=0&limit=100"),
        ];
        foreach (var request in requests)
        {
            using var driver = Drive(isOurs: true, WarmUpConnections, request);
            driver.Run(WarmUpTime);
        }

        using var discard = Drive(isOurs: false, WarmUpConnections, HttpText.Post("/discard", Bodies.Value(0)));
        discard.Run(WarmUpTime);
    }

    /// <summary>Shows a row and keeps it.</summary>
    public void Add(Row row)
    {
        _rows.Add(row);
        Console.WriteLine(ResultTable.Line(row));
    }

    /// <summary>Measures two sides by turns and adds the row.</summary>
    public void Compare(string work, Goal goal, Comparison comparison)
    {
        // What was written before is not to be this row's burden.
        SyncEverything();
        Add(comparison.Run(work, goal));
    }

    /// <summary>The broker under a driver.</summary>
    /// <param name="driver">What sends to it.</param>
    /// <param name="recordsPerRequest">Records in a request.</param>
    /// <param name="unitsPerRequest">What is counted, where it is not records.</param>
    public Side Ours(LoadDriver driver, double recordsPerRequest, double? unitsPerRequest = null) =>
        new("broker", duration => Measure(driver, Broker.Process, unitsPerRequest ?? recordsPerRequest, duration, recordsPerRequest));

    /// <summary>The limit under a driver.</summary>
    public Side Beside(string name, LoadDriver driver, double unitsPerRequest) =>
        Beside(name, Limit.Process, driver, unitsPerRequest);

    /// <summary>Another server under a driver.</summary>
    public static Side Beside(string name, ServerProcess server, LoadDriver driver, double unitsPerRequest) =>
        new(name, duration => Measure(driver, server, unitsPerRequest, duration, unitsPerRequest));

    /// <summary>A driver whose requests are all the same.</summary>
    public LoadDriver Drive(bool isOurs, int connections, byte[] request) =>
        new(isOurs ? Broker.EndPoint : Limit.EndPoint, connections, _ => request);

    /// <summary>Puts another broker in the place of the one that has been stopped.</summary>
    public async Task<TimeSpan> RestartAsync(string dataDirectory)
    {
        Broker.Dispose();
        Broker = await Broker.StartAsync(Directory[dataDirectory]);
        return Broker.Process.StartTime;
    }

    public void Dispose()
    {
        Broker.Dispose();
        Limit.Dispose();
        Directory.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "sync")]
    private static partial void SyncEverything();

    private static Slice Measure(LoadDriver driver, ServerProcess server, double unitsPerRequest, TimeSpan duration, double recordsPerRequest)
    {
        var allocated = server.AllocatedBytes;
        var cpu = server.CpuSeconds;
        var result = driver.Run(duration);
        cpu = server.CpuSeconds - cpu;
        return new Slice
        {
            Units = result.Requests * unitsPerRequest,
            Seconds = result.Seconds,
            CpuSeconds = cpu,
            Median = result.Median,
            P99 = result.P99,
            Slowest = result.Slowest,
            BytesPerRecord = (server.AllocatedBytes - allocated) / (result.Requests * recordsPerRequest),
        };
    }
}
