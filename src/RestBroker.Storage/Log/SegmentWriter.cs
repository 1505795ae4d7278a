using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Cleaning;

namespace RestBroker.Storage.Log;

/// <summary>
/// The segments of a log and the last of them, which is written. The snapshot may be read by anybody, <see cref="Sync"/> is for one
/// thread at a time; for all else the caller holds the partition lock.
/// </summary>
internal sealed class SegmentWriter(string directory, LogHost host, SegmentList segments, LogSegment? active)
{
    private volatile SegmentList _segments = segments;
    private readonly SegmentRoom _room = new(host);
    private LogSegment? _active = active;
    private bool _directoryDirty;

    public SegmentList Segments => _segments;

    public LogSegment? Active => _active;

    public bool IsDirty => _segments.Last is { } last && last.SyncedSize < last.Size;

    /// <summary>How many bytes of the disk a batch will take: those for which there is no room yet.</summary>
    public int NeededFor(RecordBatch batch) => _active is { } segment ? _room.Beyond(segment, batch.Size) : batch.Size;

    /// <summary>Whether the next sync saves what is known of a segment.</summary>
    public bool IsSealDue => SegmentSync.IsSealDue(_segments, _active);

    /// <summary>Writes a batch, in a new segment where the active one is full or of age; says whether that was so.</summary>
    public bool Append(RecordBatch batch, TopicConfig config, long now)
    {
        var isRolled = _active is { Size: > 0 } full
            && (IsOfAge(full, config, now) || !full.HasRoomFor(batch.NextOffset, batch.Size, config.SegmentBytes));
        if (isRolled) Roll();
        if (_active is not { } segment)
        {
            _active = segment = new LogSegment(directory, batch.BaseOffset, host.Segments);
            _segments = _segments.Add(segment);
        }

        // The first write makes the file; after one that found no room for the name, the next does.
        if (segment.Size == 0) _directoryDirty = true;
        _room.MakeBehind(segment, batch, config);
        segment.Append(batch, now);
        segment.SteadyAppendTime = host.ReadClocks().Steady;
        return isRolled;
    }

    /// <summary>Cuts off what a failed write left. False where the disk does not do even that.</summary>
    public bool TryRewind() => _active is not { } segment || _room.TryCut(segment);

    /// <summary>Cuts off the room ahead of the active segment's end: nothing more is written.</summary>
    public void GiveBackRoom()
    {
        if (_active is { } segment) _room.GiveBack(segment);
    }

    /// <summary>The segments that have had their time; closes the active one first if that is due.</summary>
    public LogSegment[] FindExpired(TopicConfig config, long logStartOffset, long highWatermark)
    {
        var now = host.ReadClocks();
        if (_active is { Size: > 0 } active && (IsOfAge(active, config, now.Wall) || Retention.HasExpired(active, config, now))) Roll();
        var count = Retention.CountExpired(_segments, _active, config, logStartOffset, highWatermark, now);
        return _segments.All[..count].ToArray();
    }

    /// <summary>The segments that take no more; closes the active one first if it is of age.</summary>
    public LogSegment[] CloseOld(TopicConfig config, long now)
    {
        if (_active is { Size: > 0 } active && IsOfAge(active, config, now)) Roll();
        return [.. _segments.All.ToArray().TakeWhile(segment => segment != _active)];
    }

    /// <summary>Puts one segment in the place of several neighbours.</summary>
    public void Replace(IReadOnlyList<LogSegment> replaced, LogSegment cleaned) => _segments = _segments.Replace(replaced, cleaned);

    public void RemoveFirst(int count) => _segments = _segments.RemoveFirst(count);

    /// <summary>Takes note of what there is to sync.</summary>
    public Unsynced TakeUnsynced()
    {
        var taken = new Unsynced(_segments, _active, _active?.Describe() ?? default, _directoryDirty);
        _directoryDirty = false;
        return taken;
    }

    /// <summary>Returns once everything that was taken note of is on the disk, the name of a new segment included.</summary>
    public void Sync(in Unsynced taken)
    {
        SegmentSync.SyncDirty(taken.Segments);
        if (taken.IsDirectoryDirty) host.Files.SyncDirectory(directory);
    }

    /// <summary>The same where another call has brought the files' data to the disk since.</summary>
    public void NoteSynced(in Unsynced taken)
    {
        SegmentSync.NoteSynced(taken);
        if (taken.IsDirectoryDirty) host.Files.SyncDirectory(directory);
    }

    private void Roll()
    {
        GiveBackRoom();
        _active?.Close();
        _active = null;
    }

    /// <summary>
    /// Whether a segment takes no more since its first record is old: by the broker's clock, so that importing old records does not
    /// begin a segment with each of them.
    /// </summary>
    private static bool IsOfAge(LogSegment segment, TopicConfig config, long now) =>
        now - segment.FirstAppendTime >= config.SegmentAge.TotalMilliseconds;

    /// <summary>What was written at one moment and is perhaps not on the disk.</summary>
    internal readonly record struct Unsynced(SegmentList Segments, LogSegment? Active, SegmentSeal ActiveSeal, bool IsDirectoryDirty);
}
