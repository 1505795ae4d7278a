using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>One topic of a read: which of its partitions are in scope and where each stands. Mutable; belongs to one session.</summary>
internal sealed class TopicPosition
{
    private readonly bool _takesNewPartitions;
    private long[] _slots;
    private long[] _ends;
    private long[]? _bounds;
    private HashSet<int>? _beyond;

    /// <param name="topic">The topic.</param>
    /// <param name="slots">One a partition: the next offset, or <see cref="CursorTopic.NotInScope"/>. Kept, not copied.</param>
    /// <param name="takesNewPartitions">Whether partitions that are added later are read too.</param>
    public TopicPosition(TopicDescription topic, long[] slots, bool takesNewPartitions)
    {
        Topic = topic;
        _slots = slots;
        _ends = new long[slots.Length];
        _takesNewPartitions = takesNewPartitions;
        Array.Fill(_ends, long.MaxValue); // not known yet: nothing is up to date before it was asked for
    }

    public TopicDescription Topic { get; private set; }

    public string Name => Topic.Name;

    /// <summary>Where it stands now; a view, not a copy.</summary>
    public CursorTopic Cursor => new(Topic.Incarnation, _slots);

    /// <summary>Where its partitions end, as far as it is known; a view, not a copy.</summary>
    public CursorTopic End => new(Topic.Incarnation, _ends);

    public int PartitionCount => _slots.Length;

    /// <summary>Whether partitions that are added later are read too.</summary>
    public bool TakesNewPartitions => _takesNewPartitions;

    public int PartitionsInScope => _slots.Count(slot => slot >= 0);

    public bool InScope(int partition) => _slots[partition] >= 0;

    public long NextOffset(int partition) => _slots[partition];

    /// <summary>Goes on at an offset, never back.</summary>
    public void Advance(int partition, long nextOffset) => _slots[partition] = Math.Max(_slots[partition], nextOffset);

    /// <summary>Goes on elsewhere, wherever that is.</summary>
    public void MoveTo(int partition, long nextOffset)
    {
        _slots[partition] = nextOffset;
        _beyond?.Remove(partition);
    }

    /// <summary>Notes where a partition ends now, for lag and up-to-date.</summary>
    public void NoteEnd(int partition, long end) => _ends[partition] = end;

    /// <summary>Ends each partition before an offset, those without one before their first; null = nowhere.</summary>
    public void Bound(long[]? bounds) => _bounds = bounds;

    /// <summary>Notes which partitions it has beyond their ends: they are asked for all the same, and the refusal is told.</summary>
    public void NoteBeyond(long[] ends) =>
        _beyond = [.. Enumerable.Range(0, _slots.Length).Where(partition => InScope(partition) && partition < ends.Length && _slots[partition] > ends[partition])];

    /// <summary>Where a partition's read ends, whatever comes behind it.</summary>
    public long BoundOf(int partition) => _bounds is null ? long.MaxValue : partition < _bounds.Length ? _bounds[partition] : 0;

    /// <summary>Whether a partition is to be asked for more.</summary>
    public bool IsWanted(int partition) => InScope(partition) && (_slots[partition] < BoundOf(partition) || _beyond?.Contains(partition) == true);

    /// <summary>Whether no partition is to be asked for more.</summary>
    public bool IsAtBound => _bounds is not null && Enumerable.Range(0, _slots.Length).All(partition => !IsWanted(partition));

    /// <summary>The same partitions where others have read to; the ends are as far as they know. Thread-safe.</summary>
    public TopicPosition At(ReadOnlySpan<long> slots, ReadOnlySpan<long> ends)
    {
        var other = new TopicPosition(Topic, slots.ToArray(), _takesNewPartitions);
        other.Reserve(ends.Length);
        ends.CopyTo(other._ends);
        return other;
    }

    /// <summary>Takes partitions that others have seen.</summary>
    public void Reserve(int partitionCount)
    {
        if (partitionCount > _slots.Length) Grow(partitionCount, 0);
    }

    /// <summary>The same position, to be moved by another.</summary>
    public TopicPosition Fork() => new(Topic, [.. _slots], _takesNewPartitions);

    /// <summary>Whether every partition in scope stands at its end.</summary>
    public bool IsUpToDate
    {
        get
        {
            for (var i = 0; i < _slots.Length; i++)
            {
                if (InScope(i) && _slots[i] < Math.Min(_ends[i], BoundOf(i))) return false;
            }

            return true;
        }
    }

    /// <summary>Records between here and the end; 0 for what is not in scope or not known.</summary>
    public long Lag
    {
        get
        {
            long lag = 0;
            for (var i = 0; i < _slots.Length; i++)
            {
                if (InScope(i) && _ends[i] != long.MaxValue) lag += Math.Max(0, _ends[i] - _slots[i]);
            }

            return lag;
        }
    }

    /// <summary>Takes a new description of the same topic: partitions that were added are read from their beginning.</summary>
    public void Update(TopicDescription topic)
    {
        if (topic.PartitionCount <= _slots.Length || !_takesNewPartitions) return;
        Topic = topic;
        Grow(topic.PartitionCount, 0);
    }

    /// <summary>Goes on at the beginning of the topic that bears the name now.</summary>
    public void Recreate(TopicDescription topic)
    {
        Topic = topic;
        _bounds = _bounds is null ? null : []; // they are offsets of the topic that is gone
        Array.Resize(ref _slots, Math.Min(_slots.Length, topic.PartitionCount));
        Array.Resize(ref _ends, _slots.Length);
        for (var i = 0; i < _slots.Length; i++)
        {
            if (InScope(i)) _slots[i] = 0;
        }

        Array.Fill(_ends, long.MaxValue);
        Grow(topic.PartitionCount, _takesNewPartitions ? 0 : CursorTopic.NotInScope);
    }

    private void Grow(int count, long nextOffset)
    {
        var old = _slots.Length;
        Array.Resize(ref _slots, count);
        Array.Resize(ref _ends, count);
        Array.Fill(_slots, nextOffset, old, count - old);
        Array.Fill(_ends, long.MaxValue, old, count - old);
    }
}
