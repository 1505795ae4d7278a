using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>One topic of a read: which of its partitions are in scope and where each stands. Mutable; belongs to one session.</summary>
internal sealed class TopicPosition
{
    private readonly bool _takesNewPartitions;
    private long[] _slots;
    private long[] _ends;

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

    public int PartitionCount => _slots.Length;

    public int PartitionsInScope => _slots.Count(slot => slot >= 0);

    public bool InScope(int partition) => _slots[partition] >= 0;

    public long NextOffset(int partition) => _slots[partition];

    /// <summary>Goes on at an offset, never back.</summary>
    public void Advance(int partition, long nextOffset) => _slots[partition] = Math.Max(_slots[partition], nextOffset);

    /// <summary>Goes on elsewhere, wherever that is.</summary>
    public void MoveTo(int partition, long nextOffset) => _slots[partition] = nextOffset;

    /// <summary>Notes where a partition ends now, for lag and up-to-date.</summary>
    public void NoteEnd(int partition, long end) => _ends[partition] = end;

    /// <summary>Whether every partition in scope stands at its end.</summary>
    public bool IsUpToDate
    {
        get
        {
            for (var i = 0; i < _slots.Length; i++)
            {
                if (InScope(i) && _slots[i] < _ends[i]) return false;
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
