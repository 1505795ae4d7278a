using RestBroker.Core.Engine;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// A group's committed offsets as every member sees them, and which of them still have to be written. What failed to be written stays
/// due: the next write takes it along. Caller holds the group's lock.
/// </summary>
internal sealed class OffsetVector
{
    private readonly Dictionary<TopicPartition, CommittedOffset> _offsets = [];
    private readonly HashSet<TopicPartition> _due = [];

    /// <summary>Whether what is stored must be deleted before anything is written.</summary>
    internal bool MustForget { get; private set; }

    internal OffsetVector(IEnumerable<CommittedOffset> stored)
    {
        foreach (var offset in stored) _offsets[offset.Partition] = offset;
    }

    /// <summary>The committed offset of a partition, unless it belongs to a topic that bore the name before.</summary>
    internal long? NextOffset(TopicPartition partition, Guid topicId) =>
        _offsets.TryGetValue(partition, out var offset) && offset.TopicId == topicId ? offset.NextOffset : null;

    /// <summary>Moves forward; an offset at or below the committed one changes nothing.</summary>
    internal void Advance(CommittedOffset offset)
    {
        if (NextOffset(offset.Partition, offset.TopicId) is not { } committed || committed < offset.NextOffset) Set(offset);
    }

    /// <summary>Moves anywhere: an explicit reset.</summary>
    internal void Set(CommittedOffset offset)
    {
        _offsets[offset.Partition] = offset;
        _due.Add(offset.Partition);
    }

    internal bool IsWritten(TopicPartition partition) => !_due.Contains(partition);

    /// <summary>Forgets the offsets of topics that are gone or bear another id now; the engine has dropped them with the topic.</summary>
    internal void Forget(IReadOnlyCollection<string> topics, IReadOnlyCollection<Guid> existing)
    {
        foreach (var offset in _offsets.Values.Where(offset => topics.Contains(offset.Partition.Topic) && !existing.Contains(offset.TopicId)).ToList())
        {
            _offsets.Remove(offset.Partition);
            _due.Remove(offset.Partition);
        }
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        _offsets.Clear();
        _due.Clear();
        MustForget = true;
    }

    internal void Forgotten() => MustForget = false;

    internal IReadOnlyList<CommittedOffset> Due() => [.. _due.Select(partition => _offsets[partition])];

    internal void Written(IReadOnlyList<CommittedOffset> offsets) =>
        _due.ExceptWith(offsets
            .Where(offset => _offsets.GetValueOrDefault(offset.Partition) == offset)
            .Select(offset => offset.Partition));
}
