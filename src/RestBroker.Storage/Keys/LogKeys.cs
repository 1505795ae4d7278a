using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Keys;

/// <summary>The latest record of each key of a log: segments are asked from the newest to the oldest. Thread-safe.</summary>
internal sealed class LogKeys(PartitionLog log)
{
    /// <summary>Makes a condition that is checked under the partition lock; what is on the disk is read before.</summary>
    /// <exception cref="BrokerException">InvalidRecord, TopicNotCompacted, RecordCorrupt, StorageFailed.</exception>
    public Action Prepare(RecordBatch batch, KeyCondition condition)
    {
        RequireCompacted();
        var key = KeyOf(batch);
        var hash = KeyHash.Of(key);
        var (place, end) = Find(hash, key);
        return () =>
        {
            // What was appended since then is in memory or was written a moment ago.
            if (!TryFind(log.Segments, hash, key, end, out var newer)) throw LogRefusal.Deleted(log.Partition);
            if ((newer ?? place)?.ValueOffset is var offset && !condition.Holds(offset)) throw KeyRefusal.KeyIsNot(log.Partition, offset);
        };
    }

    /// <summary>The latest record of a key, once it is committed.</summary>
    public async ValueTask<LatestRecord?> FetchLatestAsync(ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        RequireCompacted();
        var hash = KeyHash.Of(key.Span);
        while (true)
        {
            if (Find(hash, key.Span).Place is not { } place) return null;
            // Nobody is told of a value, or of its deletion, that a crash could take back.
            if (place.Offset >= log.HighWatermark.Value) await log.Commits.WhenCommittedAsync().WaitAsync(cancellationToken);
            if (place.IsTombstone) return null;
            if (KeyReader.Read(log, place.Offset) is { } record) return record;
        }
    }

    /// <summary>Writes the index files of closed segments that have none. Returns how many.</summary>
    public int Save(CancellationToken cancellationToken)
    {
        if (!log.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact) || TopicName.IsInternal(log.Partition.Topic)) return 0;
        return log.Cleaner.Exclusively(() => SaveClosed(cancellationToken));
    }

    private int SaveClosed(CancellationToken cancellationToken)
    {
        var count = 0;
        foreach (var segment in log.Upkeep.CloseOld().TakeWhile(segment => segment.SyncedSize == segment.Size))
        {
            if (cancellationToken.IsCancellationRequested) break;
            if (segment.Keys.Save()) count++;
        }

        return count;
    }

    private (KeyPlace? Place, long End) Find(UInt128 hash, ReadOnlySpan<byte> key)
    {
        while (true)
        {
            var end = log.NextOffset;
            if (TryFind(log.Segments, hash, key, log.LogStartOffset, out var place)) return (place, end);
            // Compaction or retention put other segments in the place of those: there are new ones to ask.
            if (log.IsClosed) throw LogRefusal.Deleted(log.Partition);
        }
    }

    private bool TryFind(SegmentList segments, UInt128 hash, ReadOnlySpan<byte> key, long from, out KeyPlace? place)
    {
        place = null;
        try
        {
            for (var i = segments.Count - 1; i >= 0 && segments[i].NextOffset > from; i--)
            {
                if (!segments[i].Keys.TryFind(hash, key, out place)) return false;
                if (place is not { } found) continue;
                if (found.Offset < from) place = null;
                return true;
            }

            return true;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            throw LogRefusal.Unreadable(log.Partition, e);
        }
    }

    private void RequireCompacted()
    {
        if (!log.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact)) throw KeyRefusal.NotCompacted(log.Partition);
    }

    private byte[] KeyOf(RecordBatch batch)
    {
        using var reader = new RecordBatchReader(batch);
        if (batch.RecordCount == 1 && reader.TryRead(out var record) && record.Key is { } key) return key.ToArray();
        throw KeyRefusal.NotOneKey(log.Partition);
    }
}
