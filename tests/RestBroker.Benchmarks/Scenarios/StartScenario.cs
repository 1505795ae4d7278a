using System.Diagnostics;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Core.Records;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P11 and recovery: how long a start takes, with many partitions and after a kill. The last scenario: it restarts the broker.</summary>
internal static class StartScenario
{
    private const int PartitionsPerTopic = 1_000;
    private const int RecordsPerBatch = 1_000;

    public static async Task RunAsync(Bench bench)
    {
        var empty = await bench.RestartAsync("start-empty");
        await ManyPartitionsAsync(bench, bench.Pace.IsFull ? 10 : 2, empty);
        await AfterKillAsync(bench, bench.Pace.IsFull ? 4_096 : 256, empty);
    }

    private static async Task ManyPartitionsAsync(Bench bench, int topics, TimeSpan empty)
    {
        await bench.RestartAsync("start-many");
        var created = Stopwatch.GetTimestamp();
        // One less than the most that there may be: the broker's own topics have partitions too.
        for (var topic = 0; topic < topics; topic++) await bench.Broker.CreateTopicAsync($"many-{topic}", PartitionsPerTopic - (topic == 0 ? 4 : 0));
        Console.WriteLine($"   created {topics * PartitionsPerTopic} partitions in {Figures.Duration(Stopwatch.GetElapsedTime(created).TotalSeconds)}");
        for (var topic = 0; topic < topics; topic++)
        {
            using var driver = PartitionScenario.Drive(bench, $"many-{topic}", PartitionsPerTopic - 4);
            driver.Run(TimeSpan.FromSeconds(1));
        }

        await bench.Broker.Process.StopAsync();
        Report(bench, $"start with {topics * PartitionsPerTopic} partitions", await bench.RestartAsync("start-many"), empty, "empty", new Goal("P11"));
        await bench.Broker.Process.KillAsync();
        Report(bench, $"start with {topics * PartitionsPerTopic} partitions after kill -9", await bench.RestartAsync("start-many"), empty, "empty", new Goal("P11"));
    }

    // The limit is reading the same bytes once, with their checksum.
    private static async Task AfterKillAsync(Bench bench, int mebibytes, TimeSpan empty)
    {
        await bench.RestartAsync("start-killed");
        await bench.Broker.CreateTopicAsync("killed", maxBytes: 8L << 30);
        var body = Bodies.Json(RecordsPerBatch);
        for (var i = 0; i < mebibytes; i++) await bench.Broker.PostAsync("/v1/topics/killed/records", body);
        await bench.Broker.Process.KillAsync();
        var read = Stopwatch.StartNew();
        foreach (var file in Directory.EnumerateFiles(bench.Directory["start-killed"], "*.log", SearchOption.AllDirectories)) Read(file);
        read.Stop();
        var started = await bench.RestartAsync("start-killed");
        Report(bench, $"start after kill -9, {mebibytes} MiB of data", started - empty, read.Elapsed, "reading all of it", new Goal("P11", AtMost: 1));
    }

    private static void Report(Bench bench, string work, TimeSpan ours, TimeSpan limit, string name, Goal goal)
    {
        var ratio = ours / limit;
        bench.Add(new Row
        {
            Work = work,
            Ours = Figures.Duration(ours.TotalSeconds),
            Limit = $"{name} {Figures.Duration(limit.TotalSeconds)}",
            Ratio = new Spread(ratio, ratio, ratio),
            Goal = goal,
        });
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
}
