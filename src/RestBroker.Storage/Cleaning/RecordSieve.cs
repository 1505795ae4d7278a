using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Decides batch by batch, in the order of the log, which records compaction keeps: the last of each key, tombstones until their horizon,
/// and whole what must stay whole. Not thread-safe.
/// </summary>
/// <param name="last">The last offset of each key in the part of the log that is being compacted.</param>
/// <param name="pinned">Room for the keys of which an older record stays.</param>
internal sealed class RecordSieve(KeyOffsetMap last, KeyOffsetMap pinned)
{
    private readonly KeyOffsetMap _last = last;
    private bool _keepsAllTombstones;

    /// <summary>One past the last offset that <c>last</c> knows of; what lies behind stays as it is.</summary>
    public required long End { get; init; }

    public required long Now { get; init; }

    /// <summary>From when on, in ms, tombstones that are compacted for the first time may go.</summary>
    public required long DeleteHorizon { get; init; }

    /// <summary>Batches that stay whole: the last one of each live producer.</summary>
    public required Func<RecordBatch, bool> MustKeep { get; init; }

    /// <summary>The first batch that stays whole though a record in it is no longer the last of its key.</summary>
    public long PinnedFrom { get; private set; } = long.MaxValue;

    /// <summary>Records that were left out.</summary>
    public long RemovedCount { get; private set; }

    /// <summary>
    /// From now on tombstones stay whatever their horizon: what lay before cannot be cleaned, and an older record that is still there
    /// would come back without them.
    /// </summary>
    public void KeepTombstones() => _keepsAllTombstones = true;

    /// <summary>The batch as it is to be kept: itself, another one that the caller disposes of, or nothing.</summary>
    public (bool IsKept, RecordBatchRewriter? Rewritten) Sift(RecordBatch batch)
    {
        if (batch.RecordCount == 0) return (false, null);
        if (batch.BaseOffset >= End || batch.IsControl) return (true, null);
        try
        {
            if (MustKeep(batch))
            {
                Pin(batch);
                return (true, null);
            }

            return SiftRecords(batch);
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            // The checksum holds and the records do not: a producer's mistake, which its readers are told of. It stays.
            _keepsAllTombstones = true;
            return (true, null);
        }
    }

    private (bool IsKept, RecordBatchRewriter? Rewritten) SiftRecords(RecordBatch batch)
    {
        var (kept, tombstones) = (0, 0);
        using (var reader = new RecordBatchReader(batch))
        {
            while (reader.TryRead(out var record))
            {
                if (!IsKept(record, batch)) continue;
                kept++;
                if (record is { Key: not null, Value: null }) tombstones++;
            }
        }

        RemovedCount += batch.RecordCount - kept;
        var needsHorizon = tombstones > 0 && batch.DeleteHorizon is null && batch.NextOffset <= End;
        if (kept == 0) return (false, null);
        if (kept == batch.RecordCount && !needsHorizon) return (true, null);
        return (true, Rewrite(batch, needsHorizon ? DeleteHorizon : null));
    }

    private RecordBatchRewriter Rewrite(RecordBatch batch, long? horizon)
    {
        var rewriter = new RecordBatchRewriter(batch, horizon);
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (IsKept(record, batch)) rewriter.Append(record);
        }

        return rewriter;
    }

    // A record without a key cannot be replaced by another; it is from before the topic was compacted.
    private bool IsKept(in Record record, RecordBatch batch)
    {
        if (record.Key is not { } key || record.Offset >= End) return true;
        var hash = KeyHash.Of(key.Span);
        if (record.Offset < _last.Get(hash)) return false;
        var isPastHorizon = record.Value is null && batch.DeleteHorizon <= Now;
        return !isPastHorizon || _keepsAllTombstones || pinned.Get(hash) >= 0;
    }

    private void Pin(RecordBatch batch)
    {
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (record.Key is not { } key || KeyHash.Of(key.Span) is var hash && record.Offset >= _last.Get(hash)) continue;
            PinnedFrom = Math.Min(PinnedFrom, batch.BaseOffset);
            if (!pinned.TryPut(hash, record.Offset)) _keepsAllTombstones = true;
        }
    }
}
