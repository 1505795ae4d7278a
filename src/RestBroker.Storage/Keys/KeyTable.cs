using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Keys;

/// <summary>
/// The keys of a segment from a position on, in memory: it is read on as the segment grows. Not thread-safe.
/// </summary>
internal sealed class KeyTable
{
    private const int ReadChunk = 256 * 1024;

    private readonly LogSegment _segment;
    private readonly Dictionary<UInt128, KeyPlace> _places = [];
    private long _position;
    private long _nextOffset;
    private int _leaderEpoch = int.MaxValue;

    public KeyTable(LogSegment segment, long position, long nextOffset)
    {
        (_segment, _position, _nextOffset) = (segment, position, nextOffset);
        IsWhole = position == 0;
    }

    /// <summary>Whether it begins where the segment does.</summary>
    public bool IsWhole { get; }

    public IReadOnlyDictionary<UInt128, KeyPlace> Places => _places;

    /// <summary>Bytes that were read.</summary>
    public long Position => _position;

    /// <summary>From the first to the last offset that could not be read; null where all could.</summary>
    public OffsetRange? Damaged { get; private set; }

    /// <summary>Reads what was added. False where the segment's file is gone.</summary>
    public bool TryCatchUp()
    {
        // In this order: the bytes of what the offset tells of are there.
        var nextOffset = _segment.NextOffset;
        if (_nextOffset >= nextOffset) return true;
        if (!_segment.File.TryRent(out var lease)) return false;
        using (lease)
        using (var window = new FileWindow(_segment.File.Files, lease.Handle, ReadChunk))
        {
            var walk = new SegmentWalk(window, _segment.Size, nextOffset);
            walk.StartAt(_position, _nextOffset, _leaderEpoch);
            for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
            {
                if (step == WalkStep.Damage) AddDamage(walk.Damaged);
                else Add(walk.Batch);
                _leaderEpoch = step == WalkStep.Batch ? walk.Batch.LeaderEpoch : int.MaxValue;
            }

            (_position, _nextOffset) = (walk.Position, nextOffset);
        }

        return true;
    }

    private void Add(RecordBatch batch)
    {
        if (batch.IsControl) return;
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Key is { } key) _places[KeyHash.Of(key.Span)] = new KeyPlace(record.Offset, record.Value is null);
            }
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            AddDamage(new OffsetRange(batch.BaseOffset, batch.NextOffset));
        }
    }

    private void AddDamage(OffsetRange range) => Damaged = new OffsetRange(Math.Min(Damaged?.From ?? range.From, range.From), range.To);
}
