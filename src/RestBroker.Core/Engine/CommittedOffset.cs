using RestBroker.Core.Topics;

namespace RestBroker.Core.Engine;

/// <summary>A group's position in a partition: the <em>next</em> offset to read.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="TopicId">The incarnation of the topic that was read; a topic created again has no committed offsets.</param>
/// <param name="NextOffset">The next offset to read.</param>
public readonly record struct CommittedOffset(TopicPartition Partition, Guid TopicId, long NextOffset);
