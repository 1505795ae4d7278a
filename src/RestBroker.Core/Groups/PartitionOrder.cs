using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>Partitions by topic name (ordinal), then by number.</summary>
internal sealed class PartitionOrder : IComparer<TopicPartition>
{
    internal static PartitionOrder Instance { get; } = new();

    public int Compare(TopicPartition x, TopicPartition y) =>
        string.CompareOrdinal(x.Topic, y.Topic) is var byTopic and not 0 ? byTopic : x.Partition.CompareTo(y.Partition);
}
