using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using RestBroker.CrashTests.History;
using RestBroker.CrashTests.Live;

namespace RestBroker.CrashTests.Tail;

/// <summary>F14 and the hub: many readers at the tail, and many that do not read.</summary>
public sealed class TailCrowdTests(Xunit.Abstractions.ITestOutputHelper output)
{
    // Below this the clock's milliseconds and the machine's other work are all that is measured.
    private const int FloorMilliseconds = 25;

    // So much a second fills what the kernel keeps for a connection that nobody reads.
    private const int ValueSize = 40_000;

    [Fact]
    public async Task Thousands_of_streams_of_one_topic_lose_nothing()
    {
        var (streams, seconds, rate) = (Effort.Of(200, 10_000), Effort.Of(3, 300), 100);
        await using var broker = await StartAsync(stalledSeconds: 45);
        var idle = ProcessCost.Of(broker.ProcessId);
        using var crowd = await TailCrowd.OpenAsync(Stream(broker), streams);
        var open = ProcessCost.Of(broker.ProcessId);
        crowd.TakeAges();

        var clock = Stopwatch.StartNew();
        var written = await WriteAsync(broker, rate, seconds * rate, valueSize: 20);
        await crowd.SeenAsync(written, TimeSpan.FromMinutes(5));
        var took = clock.Elapsed.TotalSeconds;

        var (end, (median, p99)) = (ProcessCost.Of(broker.ProcessId), crowd.TakeAges());
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            {streams} streams, {written} records in {took:F1} s: {crowd.Seen / took:F0} events/s
            memory: idle {(open.ResidentBytes - idle.ResidentBytes) / 1024.0 / streams:F1} KiB a stream, after it {(end.ResidentBytes - idle.ResidentBytes) / 1024.0 / streams:F1} KiB (resident {end.ResidentBytes / 1048576} MiB)
            CPU: {(end.CpuSeconds - open.CpuSeconds) / crowd.Seen * 1e6:F2} s a million events, {(end.CpuSeconds - open.CpuSeconds) / took * 100:F0} %
            age of a record when it came: p50 {median} ms, p99 {p99} ms
            """));
        Assert.Equal((0, (long)written * streams), (crowd.Faulty, crowd.Seen));
    }

    [Fact]
    public async Task Those_who_do_not_read_are_closed_and_do_not_slow_those_who_do()
    {
        var (healthy, stalled, seconds, patience) = (Effort.Of(20, 100), Effort.Of(50, 1_000), Effort.Of(4, 60), Effort.Of(3, 45));
        await using var broker = await StartAsync(patience);
        using var crowd = await TailCrowd.OpenAsync(Stream(broker), healthy);
        var written = await WriteAsync(broker, 50, seconds * 50, valueSize: ValueSize);
        await crowd.SeenAsync(written, TimeSpan.FromMinutes(2));
        var alone = crowd.TakeAges();

        var silent = new List<Socket>();
        for (var i = 0; i < stalled; i++) silent.Add(await StreamSocket.OpenAsync(Stream(broker), receiveBuffer: 4096));
        // From the first record on: until the kernel has taken what it keeps for them they are readers like others, and that is little.
        // At full size the machine is this test's, and twice the age is too much. Beside other tests their work is all that two such ages
        // would compare: there it is whether anybody waits for those who stall, for who did would wait until they are closed.
        written += await WriteAsync(broker, 50, seconds * 50, valueSize: ValueSize);
        await crowd.SeenAsync(written, TimeSpan.FromMinutes(2));
        var beside = crowd.TakeAges();

        output.WriteLine($"{healthy} healthy: p50 {alone.Median} ms, p99 {alone.P99} ms; beside {stalled} stalled p50 {beside.Median} ms, p99 {beside.P99} ms");
        Assert.Equal((0, (long)written * healthy), (crowd.Faulty, crowd.Seen));
        var most = Effort.Of(patience * 1_000 / 2, 2 * Math.Max(alone.P99, FloorMilliseconds));
        Assert.True(beside.P99 <= most, $"alone {alone}, beside {beside}, at most {most}");
        await ConnectedAsync(broker, atMost: healthy + 5).WaitAsync(TimeSpan.FromMinutes(1));
        await AreResumableAsync(broker, silent, written);
    }

    // Returns when so few connections are left, those of the test's own client among them.
    private static async Task ConnectedAsync(BrokerProcess broker, int atMost)
    {
        const string Gauge = "kestrel_active_connections";
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (await look.WaitForNextTickAsync())
        {
            var metrics = (await broker.Client.GetStringAsync("/metrics")).Split('\n');
            var connections = metrics.Where(line => line.StartsWith(Gauge, StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(connections);
            if (connections.Sum(line => double.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture)) <= atMost) return;
        }
    }

    // What the kernel kept for a closed connection ends, and who comes back goes on where that was.
    private static async Task AreResumableAsync(BrokerProcess broker, List<Socket> silent, int written)
    {
        var last = "";
        using var minute = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        foreach (var socket in silent)
        {
            last = await ReadToEndAsync(socket, minute.Token);
            socket.Dispose();
        }

        var id = last[..last.LastIndexOf("\n\n", StringComparison.Ordinal)];
        id = id[(id.LastIndexOf("id: ", StringComparison.Ordinal) + 4)..].Split('\n')[0];
        var next = long.Parse(id.Split('~')[2], CultureInfo.InvariantCulture);
        using var again = new TailClient(Stream(broker)) { LastEventId = id };
        await again.ReadAsync(long.MaxValue, () => again.Seen.Count == written - next, CancellationToken.None);
        Assert.Equal(Enumerable.Range((int)next, written - (int)next), again.Seen.Select(record => (int)record.Offset));
    }

    private static async Task<string> ReadToEndAsync(Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        using var text = new MemoryStream();
        try
        {
            while (await socket.ReceiveAsync(buffer, cancellationToken) is var count and > 0) text.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // Reset: as closed as can be.
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static async Task<BrokerProcess> StartAsync(int stalledSeconds)
    {
        var broker = new BrokerProcess
        {
            Environment =
            {
                ["RestBroker__MaxStreams"] = "20000",
                ["RestBroker__MaxStreamsPerAddress"] = "20000",
                ["RestBroker__StalledStreamSeconds"] = stalledSeconds.ToString(CultureInfo.InvariantCulture),
            },
        };
        await broker.StartAsync();
        await LiveLoad.CreateTopicAsync(broker, "orders", 1, new { });
        return broker;
    }

    private static Uri Stream(BrokerProcess broker) => new(broker.Address, "/v1/topics/orders/events");

    // So many records, evenly: what is late is written at once.
    private static async Task<int> WriteAsync(BrokerProcess broker, int perSecond, int count, int valueSize)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
        var clock = Stopwatch.StartNew();
        for (var written = 0; written < count; await tick.WaitForNextTickAsync())
        {
            var due = Math.Min(count, (int)(clock.Elapsed.TotalSeconds * perSecond) + 1);
            if (due == written) continue;
            var records = Enumerable.Range(written, due - written).Select(i => new { text = i.ToString(CultureInfo.InvariantCulture).PadRight(valueSize, '.') });
            (await broker.Client.PostAsJsonAsync("/v1/topics/orders/records", new { records })).EnsureSuccessStatusCode();
            written = due;
        }

        return count;
    }
}
