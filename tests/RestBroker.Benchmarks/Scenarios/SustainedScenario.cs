using System.Diagnostics;
using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>
/// P10: batches for minutes while retention deletes, beside writing as many bytes with the same policy: a sync every second. By turns of
/// seconds, so that both meet the same disk. A writer that never syncs stands beside it, since its bytes mostly never get to the disk.
/// </summary>
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
        using var raw = new RawWriter(bench.Directory["sustained-raw"], SegmentSize, RawFiles, isSynced: true);
        using var unsynced = new RawWriter(bench.Directory["sustained-unsynced"], SegmentSize, RawFiles, isSynced: false);
        var ours = bench.Ours(driver, Records, body.Length);
        ours.Run(bench.Pace.WarmUp);
        List<Round> rounds = [];
        List<long> resident = [];
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < bench.Pace.Sustained;)
        {
            var slice = ours.Run(Turn);
            rounds.Add(new Round(slice, Write(raw, body, slice.Units), Write(unsynced, body, slice.Units)));
            resident.Add(bench.Broker.Process.ResidentBytes);
        }

        Report(bench, rounds);
        ReportMemory(bench, resident);
    }

    private static void Report(Bench bench, List<Round> rounds)
    {
        var how = $"sustained batches of {Records} x 1024 B with retention";
        Compare(bench, how, rounds, round => round.Raw, "writing as much, a sync every second", new Goal("P10", AtLeast: 0.85));
        Compare(bench, $"{how}, beside the page cache", rounds, round => round.Unsynced, "writing as much, never synced", new Goal(""));
        var (slowest, slowestWrite) = (rounds.Max(round => round.Ours.Slowest), rounds.Max(round => round.Raw.Slowest));
        bench.Add(Bounded($"{how}: the longest stall", Figures.Duration, slowest, LongestStallSeconds, $"500 ms (of one write {Figures.Duration(slowestWrite)})"));
    }

    private static void Compare(Bench bench, string work, List<Round> rounds, Func<Round, Slice> limit, string name, Goal goal)
    {
        var ratio = Spread.Of(rounds.Select(round => round.Ours.Rate / limit(round).Rate));
        var middle = rounds.MinBy(round => Math.Abs((round.Ours.Rate / limit(round).Rate) - ratio.Median))!;
        bench.Add(new Row
        {
            Work = work,
            Ours = Figures.BytesPerSecond(middle.Ours.Rate),
            Limit = $"{name} {Figures.BytesPerSecond(limit(middle).Rate)}",
            Ratio = ratio,
            BytesPerRecord = Spread.Of(rounds.Select(round => round.Ours.BytesPerRecord ?? 0)).Median,
            Goal = goal,
        });
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

    /// <summary>The broker, and as many bytes written beside it.</summary>
    private sealed record Round(Slice Ours, Slice Raw, Slice Unsynced);
}
