using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>
/// P7: what an open stream takes while nothing happens. Two servers that have just begun, each with so small a first generation that
/// garbage does not count.
/// </summary>
internal static class MemoryScenario
{
    private const int FewStreams = 2_000;
    private const int ManyStreams = 10_000;
    private const int FirstStreams = 2_500;
    private const int Rounds = 3;

    // In hexadecimal, as the runtime reads it.
    private static readonly Dictionary<string, string> Settings = new() { ["DOTNET_GCgen0size"] = "100000" };
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Bench bench)
    {
        // Half of what this process may have open is enough for one side at a time.
        var streams = (int)Math.Min(bench.Pace.IsFull ? ManyStreams : FewStreams, (Descriptors.Limit / 2) + (Descriptors.Limit / 4));
        List<(double Ours, double Limit)> rounds = [];
        for (var round = 0; round < Rounds; round++) rounds.Add(await MeasureAsync(bench, streams, round));
        Report(bench, streams, rounds);
    }

    private static void Report(Bench bench, int streams, List<(double Ours, double Limit)> rounds)
    {
        var ratio = Spread.Of(rounds.Select(round => round.Ours / round.Limit));
        var middle = rounds.MinBy(round => Math.Abs((round.Ours / round.Limit) - ratio.Median));
        bench.Add(new Row
        {
            Work = $"memory of an idle stream, {Figures.Count(streams)} open",
            Ours = Figures.Bytes(middle.Ours),
            Limit = $"minimal SSE {Figures.Bytes(middle.Limit)}",
            Ratio = ratio,
            Goal = new Goal("P7", AtMost: 1.5),
            IsLessBetter = true,
        });
    }

    private static async Task<(double Ours, double Limit)> MeasureAsync(Bench bench, int streams, int round)
    {
        using var broker = await Broker.StartAsync(bench.Directory[$"memory-{round}"], environment: [.. Settings, KeyValuePair.Create("RestBroker__MaxOpenSegments", "1000")]);
        using var limit = await LimitServer.StartAsync(bench.Directory[$"memory-limit-{round}"], Settings);
        await broker.CreateTopicAsync("idle");
        return (Measure(broker.Process, "/v1/topics/idle/events", streams), Measure(limit.Process, "/events", streams));
    }

    // The first streams stay open, so that those which count find nothing to use again; and they are many enough that what is compiled
    // for them (10 MiB beside 500 streams and 3 beside as many of the minimal endpoint) is not counted as memory of a stream.
    private static double Measure(ServerProcess server, string path, int streams)
    {
        var subscribe = HttpText.Get(path, "text/event-stream");
        using var first = new EventSwarm(server.EndPoint, FirstStreams, subscribe);
        Thread.Sleep(Settling);
        var before = server.ResidentBytes;
        using var swarm = new EventSwarm(server.EndPoint, streams, subscribe);
        Thread.Sleep(Settling);
        return (server.ResidentBytes - before) / (double)streams;
    }
}
