using System.Diagnostics;
using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P10: batches for minutes while retention deletes, beside writing the same bytes, by turns of seconds so that both meet the same disk.</summary>
internal static class SustainedScenario
{
    private const int Connections = 4;
    private const int Records = 100;
    private const int RawFiles = 8; // of a segment's size: what lies there until the cleaner comes, too
    private const long SegmentSize = 256 << 20;
    private const double LongestStallSeconds = 0.5;
    private const double MostResidentBytes = 150 << 20;
    private const double Flat = 1.1;
    private const string Topic = "sustained";

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Bench bench)
    {
        // A broker of its own: memory counts from its start.
        await bench.RestartAsync("sustained");
        await bench.Broker.CreateTopicAsync(Topic, isSynced: false);
        var body = BatchBytes.Of(Records);
        using var driver = bench.Drive(isOurs: true, Connections, HttpText.Post($"/v1/topics/{Topic}/partitions/0/records", body, BatchBytes.ContentType));
        using var raw = new RawWriter(bench.Directory["sustained-raw"], SegmentSize, RawFiles);
        var ours = bench.Ours(driver, Records, body.Length);
        ours.Run(bench.Pace.WarmUp);
        List<(Slice Ours, Slice Raw)> turns = [];
        List<long> resident = [];
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < bench.Pace.Sustained;)
        {
            var slice = ours.Run(Turn);
            turns.Add((slice, Write(raw, body, slice.Units)));
            resident.Add(bench.Broker.Process.ResidentBytes);
        }

        Report(bench, turns);
        ReportMemory(bench, resident);
    }

    private static void Report(Bench bench, List<(Slice Ours, Slice Raw)> turns)
    {
        var how = $"sustained batches of {Records} x 1024 B with retention";
        var ratio = Spread.Of(turns.Select(turn => turn.Ours.Rate / turn.Raw.Rate));
        var middle = turns.MinBy(turn => Math.Abs((turn.Ours.Rate / turn.Raw.Rate) - ratio.Median));
        bench.Add(new Row
        {
            Work = how,
            Ours = Figures.BytesPerSecond(middle.Ours.Rate),
            Limit = $"writing as much {Figures.BytesPerSecond(middle.Raw.Rate)}",
            Ratio = ratio,
            BytesPerRecord = Spread.Of(turns.Select(turn => turn.Ours.BytesPerRecord ?? 0)).Median,
            Goal = new Goal("P10", AtLeast: 0.85),
        });
        var (slowest, slowestWrite) = (turns.Max(turn => turn.Ours.Slowest), turns.Max(turn => turn.Raw.Slowest));
        bench.Add(Bounded($"{how}: the longest stall", Figures.Duration, slowest, LongestStallSeconds, $"500 ms (of one write {Figures.Duration(slowestWrite)})"));
    }

    private static void ReportMemory(Bench bench, List<long> resident)
    {
        Console.WriteLine($"   resident MiB, after each {Turn.TotalSeconds:0} s: {string.Join(' ', resident.Select(bytes => bytes >> 20))}");
        bench.Add(Bounded("resident memory under sustained batches: the most", Figures.Bytes, resident.Max(), MostResidentBytes, "150 MiB"));
        var early = resident[resident.Count / 10];
        var row = Bounded("resident memory under sustained batches: the last over an early one", Figures.Bytes, resident[^1], early, $"early {Figures.Bytes(early)}");
        bench.Add(row with { Goal = new Goal("P10", AtMost: Flat) });
    }

    private static Row Bounded(string work, Func<double, string> format, double figure, double bound, string limit) => new()
    {
        Work = work,
        Ours = format(figure),
        Limit = limit,
        Ratio = new Spread(figure / bound, figure / bound, figure / bound),
        Goal = new Goal("P10", AtMost: 1),
        IsLessBetter = true,
    };

    // As many bytes: each leaves the other as much for the disk to write behind its back.
    private static Slice Write(RawWriter raw, byte[] body, double bytes)
    {
        var started = Stopwatch.GetTimestamp();
        long written = 0;
        var slowest = TimeSpan.Zero;
        for (; written < bytes; written += body.Length)
        {
            var before = Stopwatch.GetTimestamp();
            raw.Append(body);
            var took = Stopwatch.GetElapsedTime(before);
            if (took > slowest) slowest = took;
        }

        return new Slice { Units = written, Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds, Slowest = slowest.TotalSeconds };
    }
}
