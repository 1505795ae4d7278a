using System.Diagnostics;
using System.Net;
using System.Text;
using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P7 and P8: server-sent events to a thousand streams and to one, beside an endpoint that only writes and flushes.</summary>
internal static class EventScenario
{
    private const int Streams = 1_000;
    private const int ValueSize = 60;
    private const int Backlog = 100;

    private static readonly TimeSpan OneOfThousand = TimeSpan.FromMilliseconds(1);

    public static async Task RunAsync(Bench bench)
    {
        await bench.Broker.CreateTopicAsync("events", isSynced: false);
        await bench.Broker.CreateTopicAsync("events-synced");
        var oneEvent = await EventAsync(bench);
        FanOut(bench, oneEvent);
        Latency(bench, oneEvent);
    }

    private static void FanOut(Bench bench, byte[] oneEvent)
    {
        using var ours = Subscribe(bench.Broker.EndPoint, "/v1/topics/events/events", Streams);
        using var limit = Subscribe(bench.Limit.EndPoint, "/events", Streams);
        var publish = HttpText.Post("/publish", oneEvent);
        bench.Compare($"SSE to {Streams} streams, an event a flush", new Goal("P7", AtLeast: 0.8, CpuAtMost: 1.25), new Comparison(bench.Pace)
        {
            Ours = new Side("broker", time => ours.Run(Records("events", 1), 1, bench.Broker.Process, time)),
            Limit = new Side("minimal SSE", time => limit.Run(publish, 1, bench.Limit.Process, time)),
            Format = Figures.EventsPerSecond,
        });
        bench.Compare($"SSE to {Streams} streams, {Backlog} records at once", new Goal("P7", AtLeast: 5), new Comparison(bench.Pace)
        {
            Ours = new Side("broker", time => ours.Run(Records("events", Backlog), Backlog, bench.Broker.Process, time)),
            Limit = new Side("minimal SSE, an event a flush", time => limit.Run(publish, 1, bench.Limit.Process, time)),
            Format = Figures.EventsPerSecond,
        });
    }

    // A thousand a second; as fast as one follows the other beside it, since a core that has slept wakes up late.
    private static void Latency(Bench bench, byte[] oneEvent)
    {
        using var file = new FramedFile(bench.Directory["echo"]);
        foreach (var pause in new[] { OneOfThousand, TimeSpan.Zero })
        {
            var how = pause > TimeSpan.Zero ? "1,000/s" : "one after the other";
            var (synced, async) = pause > TimeSpan.Zero ? (new Goal("P8", AtMost: 1), new Goal("P8", AtMost: 1.3)) : (new Goal("P8"), new Goal("P8"));
            Latency(bench, "events-synced", $"POST to event, {how}, synced: median", synced, time => Echo(bench, oneEvent, pause, time, file), pause);
            Latency(bench, "events", $"POST to event, {how}, async: median", async, time => Echo(bench, oneEvent, pause, time, null), pause);
        }
    }

    private static void Latency(Bench bench, string topic, string work, Goal goal, Func<TimeSpan, Slice> echo, TimeSpan pause)
    {
        using var ours = Subscribe(bench.Broker.EndPoint, $"/v1/topics/{topic}/events", 1);
        ours.Interval = pause;
        bench.Compare(work, goal, new Comparison(bench.Pace)
        {
            Ours = new Side("broker", time => ours.Run(Records(topic, 1), 1, bench.Broker.Process, time)),
            Limit = new Side(topic == "events" ? "echo without a disk" : "echo and 1.5 syncs", echo),
            Metric = slice => slice.Median,
            Format = Figures.Duration,
            IsLessBetter = true,
        });
    }

    // With a file: and one and a half syncs of as many bytes on the same disk, measured in the second half of the time.
    private static Slice Echo(Bench bench, byte[] oneEvent, TimeSpan pause, TimeSpan time, FramedFile? file)
    {
        using var limit = Subscribe(bench.Limit.EndPoint, "/events", 1);
        limit.Interval = pause;
        var echo = limit.Run(HttpText.Post("/publish", oneEvent), 1, bench.Limit.Process, file is null ? time : time / 2);
        if (file is null) return echo;
        var syncs = new LatencySample();
        for (var end = Stopwatch.GetTimestamp() + (long)(time.TotalSeconds / 2 * Stopwatch.Frequency); Stopwatch.GetTimestamp() < end;)
        {
            var began = Stopwatch.GetTimestamp();
            file.Append(oneEvent, isSynced: true);
            syncs.Add(Stopwatch.GetElapsedTime(began));
        }

        // No CPU: half of the time the server had nothing to do with it.
        return echo with { Median = echo.Median + (1.5 * syncs.Quantile(0.5)), CpuSeconds = 0 };
    }

    private static EventSwarm Subscribe(IPEndPoint server, string path, int streams) =>
        new(server, streams, HttpText.Get(path, "text/event-stream"));

    private static byte[] Records(string topic, int count) => HttpText.Post($"/v1/topics/{topic}/records", Bodies.Json(count, ValueSize));

    // The limit sends the same bytes.
    private static async Task<byte[]> EventAsync(Bench bench)
    {
        await bench.Broker.PostAsync("/v1/topics/events/records", Bodies.Json(1, ValueSize));
        var text = await bench.Broker.GetAsync("/v1/topics/events/events?from=earliest&limit=1");
        return Encoding.UTF8.GetBytes(text.Split("\n\n").First(block => block.Contains("\"offset\"", StringComparison.Ordinal)) + "\n\n");
    }
}
