namespace RestBroker.Core.Topics;

/// <summary>A topic as somebody asks for it.</summary>
/// <param name="Name">Its name; the rule is <see cref="TopicName"/>'s.</param>
/// <param name="PartitionCount">How many partitions, from 1; null = the broker's default.</param>
/// <param name="ReplicationFactor">Copies of each partition; null = the engine's only or default one.</param>
/// <param name="Configs">Kafka's config keys and their values as text; keys that are absent have their defaults.</param>
public sealed record TopicSpec(
    string Name,
    int? PartitionCount,
    int? ReplicationFactor,
    IReadOnlyDictionary<string, string> Configs);
