using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// One compaction of one log, in Kafka's way: reads the part that was never compacted into a map of last offsets, then copies the
/// segments from the first one on without the records that a later one replaces, neighbours together, and puts each copy in the place
/// of its sources. What cannot be read is never cleaned away: a segment with damage stays as it is. Not thread-safe.
/// </summary>
internal sealed class CompactionRun(
    PartitionLog log, string directory, LogHost host, CompactionPlan plan, HashSet<LogSegment> damaged, CompactionPace pace)
{
    // Of the memory, for the keys of which an older record has to stay.
    private const int PinnedShare = 4;

    private RecordSieve _sieve = null!;
    private long _mapEnd;
    private long _reclaimed;

    private enum Outcome
    {
        Done,
        Damage,
        Closed,
    }

    /// <summary>
    /// Returns what was done, and the first batch that had to stay whole; null where the log was closed meanwhile.
    /// </summary>
    public (CompactionResult Result, long PinnedFrom)? Execute(
        CleanerNote note, long bufferBytes, Func<IReadOnlyList<LogSegment>, LogSegment, bool> swap, CancellationToken cancellationToken)
    {
        var last = FillMap(Math.Min(note.PinnedFrom, plan.FirstDirtyOffset), bufferBytes, cancellationToken);
        var isTooMuch = _mapEnd <= plan.FirstDirtyOffset;
        // So much is pinned that the memory ends before the dirty part begins: go on there, and let older records and tombstones stay.
        if (isTooMuch) last = FillMap(plan.FirstDirtyOffset, bufferBytes, cancellationToken);
        _sieve = new RecordSieve(last, new KeyOffsetMap(bufferBytes / PinnedShare))
        {
            End = _mapEnd,
            Now = host.NowMilliseconds,
            DeleteHorizon = host.NowMilliseconds + (long)log.Config.DeleteRetention.TotalMilliseconds,
            MustKeep = log.MustKeep,
        };
        if (isTooMuch) _sieve.KeepTombstones();

        if (!CopyAll(swap, cancellationToken)) return null;
        var pinnedFrom = isTooMuch ? Math.Min(note.PinnedFrom, _sieve.PinnedFrom) : _sieve.PinnedFrom;
        var skipped = plan.Cleanable.Count(damaged.Contains);
        return (new CompactionResult(_mapEnd, pace.Bytes, _reclaimed, _sieve.RemovedCount, skipped), pinnedFrom);
    }

    private KeyOffsetMap FillMap(long from, long bufferBytes, CancellationToken cancellationToken)
    {
        var map = new KeyOffsetMap(bufferBytes - (bufferBytes / PinnedShare));
        _mapEnd = from;
        var isFull = false;
        foreach (var segment in plan.Cleanable.Where(segment => segment.NextOffset > from))
        {
            if (!SegmentScan.Run(segment, pace, batch => !(isFull = !TryAdd(batch, from, map)), cancellationToken)) damaged.Add(segment);
            if (isFull) break;
            _mapEnd = segment.NextOffset;
        }

        return map;
    }

    private bool TryAdd(RecordBatch batch, long from, KeyOffsetMap map)
    {
        if (batch.NextOffset <= from || batch.IsControl) return true;
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Offset < from) continue;
                if (record.Key is { } key && !map.TryPut(KeyHash.Of(key.Span), record.Offset)) return false;
                _mapEnd = record.Offset + 1;
            }
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            // See RecordSieve: such a batch stays as it is.
        }

        _mapEnd = batch.NextOffset;
        return true;
    }

    private bool CopyAll(Func<IReadOnlyList<LogSegment>, LogSegment, bool> swap, CancellationToken cancellationToken)
    {
        List<LogSegment> left = [.. plan.Cleanable.TakeWhile(segment => segment.BaseOffset < _mapEnd)];
        while (left.Count > 0)
        {
            if (damaged.Contains(left[0]))
            {
                _sieve.KeepTombstones();
                left.RemoveAt(0);
                continue;
            }

            List<LogSegment> whole = [.. left.TakeWhile(segment => !damaged.Contains(segment))];
            var group = whole[..CompactionPlan.CountGroup(whole, 0, log.Config.SegmentBytes)];
            var outcome = CopyGroup(group, swap, cancellationToken);
            if (outcome == Outcome.Closed) return false;
            if (outcome == Outcome.Done) left.RemoveRange(0, group.Count);
        }

        return true;
    }

    private Outcome CopyGroup(
        List<LogSegment> group, Func<IReadOnlyList<LogSegment>, LogSegment, bool> swap, CancellationToken cancellationToken)
    {
        var before = _sieve.RemovedCount;
        using var cleaned = new CleanedSegment(directory, group[0].BaseOffset, host.Segments, pace);
        try
        {
            var isRewritten = false;
            foreach (var source in group)
            {
                if (SegmentScan.Run(source, pace, batch => Copy(batch, cleaned, ref isRewritten, cancellationToken), cancellationToken)) continue;
                damaged.Add(source);
                cleaned.Drop();
                return Outcome.Damage;
            }

            if (group.Count == 1 && !isRewritten && _sieve.RemovedCount == before)
            {
                cleaned.Drop();
                return Outcome.Done;
            }

            cleaned.Finish(group[^1].NextOffset, group, cancellationToken);
        }
        catch
        {
            cleaned.Drop();
            throw;
        }

        var (old, size) = (group.Sum(source => source.Size), cleaned.Segment.Size);
        if (!swap(group, cleaned.Segment)) return Outcome.Closed;
        _reclaimed += old - size;
        return Outcome.Done;
    }

    private bool Copy(RecordBatch batch, CleanedSegment cleaned, ref bool isRewritten, CancellationToken cancellationToken)
    {
        var (isKept, rewritten) = _sieve.Sift(batch);
        using (rewritten)
        {
            isRewritten |= rewritten is not null;
            if (isKept) cleaned.Append(rewritten?.Build() ?? batch, cancellationToken);
        }

        return true;
    }
}
