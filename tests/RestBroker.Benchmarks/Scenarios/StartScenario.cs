using System.Diagnostics;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Core.Records;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P11 and recovery: how long a start takes, with many partitions and after a kill. The last scenario: it restarts the broker.</summary>
internal static class StartScenario
{
    private const int PartitionsPerTopic = 1_000;
    private const int Starts = 3;
    private const int KilledStarts = 7;
    private const int FewMebibytes = 256;
    private const int LittleMebibytes = 1;

    public static async Task RunAsync(Bench bench)
    {
        await bench.RestartAsync("start-empty");
        await bench.Broker.Process.StopAsync();
        var empty = await StartsAsync(bench, "start-empty", isKilled: false);
        foreach (var topics in bench.Pace.IsFull ? new[] { 2, 10 } : [2]) await ManyPartitionsAsync(bench, topics, empty);
        await StartOfOffsets.RunAsync(bench, empty);
        foreach (var mebibytes in bench.Pace.IsFull ? new[] { FewMebibytes, bench.Pace.DataGibibytes * 1_024 } : [FewMebibytes]) await AfterKillAsync(bench, mebibytes);
        await bench.RestartAsync("start-empty");
    }

    /// <summary>Starts the broker some times over a directory, each after it was ended.</summary>
    public static async Task<Spread> StartsAsync(Bench bench, string directory, bool isKilled)
    {
        List<double> seconds = [];
        for (var start = 0; start < Starts; start++)
        {
            seconds.Add((await bench.RestartAsync(directory)).TotalSeconds);
            await (isKilled ? bench.Broker.Process.KillAsync() : bench.Broker.Process.StopAsync());
        }

        return Spread.Of(seconds);
    }

    /// <summary>Adds a row of times.</summary>
    public static void Report(Bench bench, string work, Spread ours, double limit, string name, Goal goal) => bench.Add(new Row
    {
        Work = work,
        Ours = Figures.Duration(ours.Median),
        Limit = $"{name} {Figures.Duration(limit)}",
        Ratio = new Spread(ours.Low / limit, ours.Median / limit, ours.High / limit),
        Goal = goal,
        IsLessBetter = true,
    });

    private static async Task ManyPartitionsAsync(Bench bench, int topics, Spread empty)
    {
        var directory = $"start-many-{topics}";
        await bench.RestartAsync(directory);
        var created = Stopwatch.GetTimestamp();
        for (var topic = 0; topic < topics; topic++) await bench.Broker.CreateTopicAsync($"many-{topic}", PartitionsPerTopic);
        var count = Figures.Count(topics * PartitionsPerTopic);
        Console.WriteLine($"   created {count} partitions in {Figures.Duration(Stopwatch.GetElapsedTime(created).TotalSeconds)}");
        for (var topic = 0; topic < topics; topic++)
        {
            using var driver = PartitionScenario.Drive(bench, $"many-{topic}", PartitionsPerTopic);
            driver.Run(TimeSpan.FromSeconds(1));
        }

        await bench.Broker.Process.StopAsync();
        Report(bench, $"start with {count} partitions", await StartsAsync(bench, directory, isKilled: false), empty.Median, "empty", new Goal("P11"));
        await bench.RestartAsync(directory);
        await bench.Broker.Process.KillAsync();
        Report(bench, $"start with {count} partitions after kill -9", await StartsAsync(bench, directory, isKilled: true), empty.Median, "empty", new Goal("P11"));
    }

    // The limit is reading the same bytes once, with their checksum. What a start takes whatever there is, and what it takes to compile the
    // code that reads a log back, is no part of that: the log beside it was killed too, and holds next to nothing.
    private static async Task AfterKillAsync(Bench bench, int mebibytes)
    {
        List<Killed> rounds = [];
        for (var round = 0; round < (mebibytes <= FewMebibytes ? KilledStarts : 1); round++) rounds.Add(await AfterKillAsync(bench, mebibytes, $"start-killed-{mebibytes}-{round}"));
        var limit = Spread.Of(rounds.Select(round => round.Reading)).Median;
        var work = $"start after kill -9, {Figures.Count(mebibytes)} MiB of data, beyond";
        Report(bench, $"{work} an empty start", Spread.Of(rounds.Select(round => AtLeastSome(round.Start - round.Empty))), limit, "reading all of it", new Goal("P11"));
        Report(bench, $"{work} one with {LittleMebibytes} MiB", Spread.Of(rounds.Select(round => AtLeastSome(round.Start - round.Little))), limit, "reading all of it", new Goal("P11", AtMost: 1));
    }

    // Two starts of the same differ by some milliseconds, too.
    private static double AtLeastSome(double seconds) => Math.Max(0.001, seconds);

    // Each start needs new logs: a second one would find the first's checkpoint.
    private static async Task<Killed> AfterKillAsync(Bench bench, int mebibytes, string directory)
    {
        var little = $"{directory}-little";
        await FillAndKillAsync(bench, directory, mebibytes);
        await FillAndKillAsync(bench, little, LittleMebibytes);
        var read = Stopwatch.StartNew();
        foreach (var file in Directory.EnumerateFiles(bench.Directory[directory], "*.log", SearchOption.AllDirectories)) Read(file);
        read.Stop();
        var killed = new Killed(
            await StartAsync(bench, directory), await StartAsync(bench, little), await StartAsync(bench, "start-empty"), read.Elapsed.TotalSeconds);
        foreach (var done in new[] { directory, little }) Directory.Delete(bench.Directory[done], recursive: true);
        return killed;
    }

    private static async Task FillAndKillAsync(Bench bench, string directory, int mebibytes)
    {
        await bench.RestartAsync(directory);
        await bench.Broker.CreateTopicAsync("killed", maxBytes: 1L << 40);
        await new LogFill(bench.Broker, "killed").ToAsync(mebibytes);
        await bench.Broker.Process.KillAsync();
    }

    private static async Task<double> StartAsync(Bench bench, string directory)
    {
        var took = await bench.RestartAsync(directory);
        await bench.Broker.Process.StopAsync();
        return took.TotalSeconds;
    }

    private static void Read(string path)
    {
        using var file = File.OpenHandle(path);
        var buffer = new byte[1 << 20];
        for (long position = 0; ; position += buffer.Length)
        {
            var read = RandomAccess.Read(file, buffer, position);
            if (read == 0 || Crc32C.Compute(buffer.AsSpan(0, read)) == 0) return;
        }
    }

    /// <summary>Seconds of three starts, and of reading the first one's log.</summary>
    private readonly record struct Killed(double Start, double Little, double Empty, double Reading);
}
