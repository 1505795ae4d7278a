namespace RestBroker.Core.Topics;

/// <summary>A topic as it is. Immutable: a changed topic is a new description.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TopicId">Its identity: a topic that is deleted and created again has another.</param>
/// <param name="ReplicationFactor">Copies of each partition.</param>
/// <param name="Config">Its settings, defaults filled in.</param>
/// <param name="Version">Rises with every change of the settings, from 1; the face's ETag is made of it.</param>
/// <param name="Partitions">One entry a partition, in order of their numbers.</param>
public sealed record TopicDescription(
    string Name,
    Guid TopicId,
    int ReplicationFactor,
    TopicConfig Config,
    long Version,
    IReadOnlyList<PartitionReplicas> Partitions)
{
    /// <summary>Eight characters [0-9a-z] made of the topic id: what cursors and ETags carry.</summary>
    public string Incarnation { get; } = Topics.Incarnation.Of(TopicId);

    /// <summary>How many partitions it has.</summary>
    public int PartitionCount => Partitions.Count;

    /// <summary>Whether the topic is the broker's own.</summary>
    public bool IsInternal => TopicName.IsInternal(Name);
}

/// <summary>Where a partition lives: node ids as Kafka reports them.</summary>
/// <param name="Partition">The partition's number.</param>
/// <param name="Leader">The node that takes its writes.</param>
/// <param name="Replicas">The nodes that hold a copy.</param>
/// <param name="Isr">The copies that are in sync.</param>
public sealed record PartitionReplicas(int Partition, int Leader, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr);
