using System.Text;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P7 and P8: server-sent events to a thousand streams and to one, beside an endpoint that only writes and flushes.</summary>
internal static class EventScenario
{
    private const int Streams = 1_000;
    private const int ValueSize = 60;
    private const int Backlog = 100;

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
        var (idleOurs, idleLimit) = (bench.Broker.Process.ResidentBytes, bench.Limit.Process.ResidentBytes);
        using var ours = Subscribe(bench.Broker.EndPoint, "/v1/topics/events/events", Streams);
        using var limit = Subscribe(bench.Limit.EndPoint, "/events", Streams);
        var memory = (Ours: (bench.Broker.Process.ResidentBytes - idleOurs) / Streams, Limit: (bench.Limit.Process.ResidentBytes - idleLimit) / Streams);
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
        var ratio = memory.Ours / (double)Math.Max(1, memory.Limit);
        bench.Add(new Row
        {
            Work = "memory of an idle stream",
            Ours = $"{memory.Ours / 1024} KiB",
            Limit = $"minimal SSE {memory.Limit / 1024} KiB",
            Ratio = new Spread(ratio, ratio, ratio),
            Goal = new Goal("P7", AtMost: 1.5),
        });
    }

    private static void Latency(Bench bench, byte[] oneEvent)
    {
        Latency(bench, oneEvent, "events-synced", "synced", new Goal("P8"));
        Latency(bench, oneEvent, "events", "async", new Goal("P8", AtMost: 1.3));
    }

    private static void Latency(Bench bench, byte[] oneEvent, string topic, string how, Goal goal)
    {
        using var ours = Subscribe(bench.Broker.EndPoint, $"/v1/topics/{topic}/events", 1);
        using var limit = Subscribe(bench.Limit.EndPoint, "/events", 1);
        bench.Compare($"POST to event, 1 stream, {how}: median", goal, new Comparison(bench.Pace)
        {
            Ours = new Side("broker", time => ours.Run(Records(topic, 1), 1, bench.Broker.Process, time)),
            Limit = new Side("echo without a disk", time => limit.Run(HttpText.Post("/publish", oneEvent), 1, bench.Limit.Process, time)),
            Metric = slice => slice.Median,
            Format = Figures.Duration,
        });
    }

    private static EventSwarm Subscribe(System.Net.IPEndPoint server, string path, int streams) =>
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
