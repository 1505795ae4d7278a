using Microsoft.Extensions.Logging;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// What is done now and then: old segments are dropped (also when a new one is begun), logs are compacted, logs nobody waits for are
/// synced, checkpoints are kept young.
/// </summary>
internal sealed partial class CleanerLoop : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly TopicCatalog _catalog;
    private readonly PartitionLog _metadata;
    private readonly CompactionRound _compaction;
    private readonly ILogger<CleanerLoop> _logger;
    private readonly LogConfig _config;
    private readonly Task[] _loops;

    public CleanerLoop(
        TopicCatalog catalog, PartitionLog metadata, CompactionRound compaction, RolledLogs rolled, LogConfig config, TimeProvider time,
        ILogger<CleanerLoop> logger)
    {
        (_catalog, _metadata, _compaction, _config, _logger) = (catalog, metadata, compaction, config, logger);
        // Compaction has a loop of its own: it may take long, and retention must not wait for it.
        _loops =
        [
            RunAsync(config.CleanerInterval, time, Clean),
            CleanRolledAsync(rolled),
            RunAsync(config.CleanerInterval, time, () => Compact()),
            RunAsync(config.CheckpointInterval, time, RequestFlushes),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        _stopping.Dispose();
    }

    /// <summary>Compacts what is due, now. Returns how many logs that were.</summary>
    public int Compact() => _compaction.Run(Logs().Append(_metadata), _stopping.Token);

    private async Task RunAsync(TimeSpan interval, TimeProvider time, Action work)
    {
        using var timer = new PeriodicTimer(interval, time);
        await UntilStopAsync(async () =>
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token)) work();
        });
    }

    private Task CleanRolledAsync(RolledLogs rolled) => UntilStopAsync(async () =>
    {
        await foreach (var log in rolled.ReadAllAsync(_stopping.Token)) Clean(log);
    });

    private static async Task UntilStopAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException)
        {
            // The broker ends.
        }
    }

    private void RequestFlushes()
    {
        foreach (var log in Logs().Append(_metadata)) log.Commits.RequestFlush();
    }

    private IEnumerable<PartitionLog> Logs() => _catalog.Snapshot.Topics.Values.SelectMany(topic => topic.Logs);

    private void Clean()
    {
        ForgetKeys();
        foreach (var log in Logs()) Clean(log);
    }

    private void Clean(PartitionLog log)
    {
        if (_stopping.IsCancellationRequested) return;
        try
        {
            var count = log.Clean();
            if (count > 0) Log.SegmentsDeleted(_logger, log.Partition, count, log.LogStartOffset);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            Log.CleaningFailed(_logger, log.Partition, e);
        }
    }

    // Among all partitions of the broker a finer step would be a long walk.
    private void ForgetKeys()
    {
        var topics = _catalog.Snapshot.Topics.Values;
        foreach (var topic in topics) KeyEviction.Run(topic.Logs, _config.MaxIdempotencyKeysPerTopic, TimeSpan.Zero);
        KeyEviction.Run([.. topics.SelectMany(topic => topic.Logs)], _config.MaxIdempotencyKeys, TimeSpan.FromSeconds(1));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Partition}: {Count} segments have had their time; the log starts at {LogStartOffset}")]
        public static partial void SegmentsDeleted(ILogger logger, Core.Topics.TopicPartition partition, int count, long logStartOffset);

        [LoggerMessage(2, LogLevel.Warning, "{Partition}: old segments could not be deleted; the next round tries again")]
        public static partial void CleaningFailed(ILogger logger, Core.Topics.TopicPartition partition, Exception error);
    }
}
