namespace RestBroker.Cli.Client;

internal sealed record CreateTopicRequest(string? Name, int? PartitionCount, IReadOnlyDictionary<string, string>? Configs);

/// <summary>A merge patch: a config with null goes back to its default.</summary>
internal sealed record AlterTopicRequest(int? PartitionCount, IReadOnlyDictionary<string, string?>? Configs);

internal sealed record TopicDescription(
    string Name,
    string TopicId,
    int PartitionCount,
    int ReplicationFactor,
    SortedDictionary<string, string>? Configs,
    IReadOnlyList<PartitionDescription>? Partitions);

internal sealed record PartitionDescription(int Partition, int Leader, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr);

internal sealed record TopicPage(IReadOnlyList<TopicListing> Items, string? Next);

internal sealed record TopicListing(string Name);

internal sealed record OffsetList(IReadOnlyList<ListedOffset> Items);

internal sealed record ListedOffset(int Partition, long Offset);
