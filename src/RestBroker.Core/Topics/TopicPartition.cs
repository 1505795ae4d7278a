namespace RestBroker.Core.Topics;

/// <summary>A partition of a topic; printed as Kafka prints it: <c>orders-3</c>.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Partition">The partition's number, from 0.</param>
public readonly record struct TopicPartition(string Topic, int Partition)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Topic}-{Partition}";
}
