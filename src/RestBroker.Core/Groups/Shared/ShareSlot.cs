using System.Collections.Immutable;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups.Shared;

/// <summary>A partition of a shared group in memory. <see cref="State"/> belongs to the lock of its <see cref="LiveShare"/>.</summary>
/// <param name="partition">The partition.</param>
/// <param name="topicId">The topic's identity: a topic that is created again has other slots.</param>
/// <param name="state">Where it stands; as good as written.</param>
internal sealed class ShareSlot(TopicPartition partition, Guid topicId, SharePartition state) : IDisposable
{
    internal TopicPartition Partition { get; } = partition;

    internal Guid TopicId { get; } = topicId;

    internal string Incarnation { get; } = Topics.Incarnation.Of(topicId);

    internal SharePartition State { get; set; } = state;

    /// <summary>What is on disk; null = to be written in any case. When holds end is not, so that other instances may be equal.</summary>
    internal (long End, ImmutableSortedDictionary<long, ShareRecord> Records)? Written { get; set; } = (state.End, state.Records);

    internal bool IsDirty => Written is not { } written || written.End != State.End || !ReferenceEquals(written.Records, State.Records);

    /// <summary>Held from the search of the log until what it found is given out: two searches would find the same.</summary>
    internal SemaphoreSlim Gate { get; } = new(1, 1);

    public void Dispose() => Gate.Dispose();
}
