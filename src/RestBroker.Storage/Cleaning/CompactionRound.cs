using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Metrics;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Compacts the logs that are due, one after the other and the dirtiest first, and saves indexes of keys. Thread-safe: a second round
/// waits for the first.
/// </summary>
internal sealed partial class CompactionRound(LogConfig config, TimeProvider time, CompactionMetrics metrics, ILogger<CompactionRound> logger)
{
    /// <summary>A log whose compaction the disk cut short is left alone for so long: the next attempt reads all of it again.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<PartitionLog, long> _failedAt = [];

    /// <summary>Returns how many were compacted.</summary>
    public int Run(IEnumerable<PartitionLog> logs, CancellationToken cancellationToken)
    {
        lock (_gate) return RunAlone(logs, cancellationToken);
    }

    private int RunAlone(IEnumerable<PartitionLog> logs, CancellationToken cancellationToken)
    {
        foreach (var (log, failedAt) in _failedAt.ToList())
        {
            if (time.GetElapsedTime(failedAt) >= RetryAfter) _failedAt.Remove(log);
        }

        var all = logs.ToList();
        var count = 0;
        var due = from log in all
                  where !_failedAt.ContainsKey(log)
                  let urgency = log.Cleaner.Urgency
                  where urgency > 0
                  orderby urgency descending
                  select log;
        foreach (var log in due.ToList())
        {
            if (cancellationToken.IsCancellationRequested) break;
            if (Compact(log, cancellationToken)) count++;
        }

        foreach (var log in all) SaveKeys(log, cancellationToken);
        return count;
    }

    private bool Compact(PartitionLog log, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var pace = new CompactionPace(config.CompactionBytesPerSecond);
        metrics.BeginCompaction(pace);
        try
        {
            if (log.Cleaner.Compact(config.CompactionBufferBytes, pace, cancellationToken) is not { } result) return false;
            metrics.EndCompaction(log.Partition, result, Stopwatch.GetElapsedTime(started));
            Log.Compacted(logger, log.Partition, result.End, result.RemovedRecords, result.ReclaimedBytes);
            if (result.SkippedSegments > 0) Log.SegmentsSkipped(logger, log.Partition, result.SkippedSegments);
            return true;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            _failedAt[log] = time.GetTimestamp();
            metrics.EndCompaction(log.Partition, null, Stopwatch.GetElapsedTime(started));
            Log.CompactionFailed(logger, log.Partition, e);
            return false;
        }
    }

    private void SaveKeys(PartitionLog log, CancellationToken cancellationToken)
    {
        try
        {
            log.Keys.Save(cancellationToken);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            // A cache: look-ups go on without it, from memory.
            Log.KeysNotSaved(logger, log.Partition, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Partition} was compacted up to {End}: {Records} records removed, {Bytes} bytes given back")]
        public static partial void Compacted(ILogger logger, TopicPartition partition, long end, long records, long bytes);

        [LoggerMessage(2, LogLevel.Warning, "{Partition}: {Count} segments are damaged and were not compacted")]
        public static partial void SegmentsSkipped(ILogger logger, TopicPartition partition, int count);

        [LoggerMessage(4, LogLevel.Warning, "{Partition}: the index of keys could not be saved; it is tried again, and keys are looked up in memory")]
        public static partial void KeysNotSaved(ILogger logger, TopicPartition partition, Exception error);

        [LoggerMessage(3, LogLevel.Warning, "{Partition} could not be compacted; no record is affected, and it is tried again in a minute")]
        public static partial void CompactionFailed(ILogger logger, TopicPartition partition, Exception error);
    }
}
