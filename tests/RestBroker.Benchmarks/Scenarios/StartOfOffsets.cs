using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Core.Engine;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P11: how long a start takes with many committed offsets, which are put there by the engine without a broker.</summary>
internal static class StartOfOffsets
{
    private const string Topic = "committed";
    private const int Partitions = 1_000;
    private const int FewGroups = 100;
    private const int ManyGroups = 10_000;

    public static async Task RunAsync(Bench bench, Spread empty)
    {
        foreach (var groups in bench.Pace.IsFull ? new[] { FewGroups, ManyGroups } : [FewGroups])
        {
            var directory = $"start-offsets-{groups}";
            await CommitAsync(bench.Directory[directory], groups);
            var starts = await StartScenario.StartsAsync(bench, directory, isKilled: false);
            var work = $"start with {Figures.Count(groups * Partitions)} committed offsets of {Figures.Count(groups)} groups";
            StartScenario.Report(bench, work, starts, empty.Median, "empty", new Goal("P11"));
            await bench.RestartAsync(directory);
            Console.WriteLine($"   resident then: {Figures.Bytes(bench.Broker.Process.ResidentBytes)}");
            await bench.Broker.Process.StopAsync();
        }
    }

    private static async Task CommitAsync(string directory, int groups)
    {
        var config = new LogConfig { DataDirectory = directory };
        await using var engine = await EmbeddedLogEngine.OpenAsync(config, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        var topic = await engine.CreateTopicAsync(new TopicSpec(Topic, Partitions, null, new Dictionary<string, string>()), CancellationToken.None);
        CommittedOffset[] offsets = [.. Enumerable.Range(0, Partitions).Select(partition => new CommittedOffset(new TopicPartition(Topic, partition), topic.TopicId, 0))];
        var started = Stopwatch.GetTimestamp();
        for (var group = 0; group < groups; group++) await engine.CommitOffsetsAsync($"group-{group:D5}", offsets, CancellationToken.None);
        Console.WriteLine($"   {Figures.Count(groups * Partitions)} offsets committed in {Figures.Duration(Stopwatch.GetElapsedTime(started).TotalSeconds)}");
    }
}
