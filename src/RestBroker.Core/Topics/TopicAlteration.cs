namespace RestBroker.Core.Topics;

/// <summary>A change of a topic's settings.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="PartitionCount">The new number of partitions, never smaller; null = as it is.</param>
/// <param name="Configs">New values; a null value puts the key back to its default; keys that are absent stay.</param>
/// <param name="ExpectedVersion">Only if the topic's <see cref="TopicDescription.Version"/> is this; null = whatever it is.</param>
/// <param name="ExpectedTopicId">Only if the topic still has this id; null = whichever bears the name.</param>
public sealed record TopicAlteration(
    string Topic,
    int? PartitionCount,
    IReadOnlyDictionary<string, string?> Configs,
    long? ExpectedVersion,
    Guid? ExpectedTopicId);
