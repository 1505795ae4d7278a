using System.Text.Json;

namespace RestBroker.Server.Contracts;

/// <summary>A topic as PUT asks for it; every member may be absent.</summary>
public sealed record PutTopicRequest
{
    /// <summary>How many partitions, from 1; absent = RestBroker:DefaultPartitionCount.</summary>
    /// <example>3</example>
    public int? PartitionCount { get; init; }

    /// <summary>Copies of each partition; the embedded engine has one.</summary>
    /// <example>1</example>
    public int? ReplicationFactor { get; init; }

    /// <summary>Kafka's topic settings by key; values may be strings, numbers or booleans.</summary>
    public Dictionary<string, JsonElement>? Configs { get; init; }
}

/// <summary>A topic as POST asks for it.</summary>
public sealed record CreateTopicRequest
{
    /// <summary>1 to 249 of <c>A-Z a-z 0-9 . _ -</c>.</summary>
    /// <example>orders</example>
    public required string Name { get; init; }

    /// <summary>How many partitions, from 1; absent = RestBroker:DefaultPartitionCount.</summary>
    /// <example>3</example>
    public int? PartitionCount { get; init; }

    /// <summary>Copies of each partition; the embedded engine has one.</summary>
    /// <example>1</example>
    public int? ReplicationFactor { get; init; }

    /// <summary>Kafka's topic settings by key; values may be strings, numbers or booleans.</summary>
    public Dictionary<string, JsonElement>? Configs { get; init; }
}

/// <summary>A change of a topic (JSON merge patch, RFC 7396).</summary>
public sealed record PatchTopicRequest
{
    /// <summary>The new number of partitions, never smaller.</summary>
    /// <example>6</example>
    public int? PartitionCount { get; init; }

    /// <summary>Settings to change; null puts one back to its default.</summary>
    public Dictionary<string, JsonElement>? Configs { get; init; }
}

/// <summary>A topic.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TopicId">Its identity, a UUID.</param>
/// <param name="Incarnation">The identity in eight characters, as cursors and ETags carry it.</param>
/// <param name="PartitionCount">How many partitions it has.</param>
/// <param name="ReplicationFactor">Copies of each partition.</param>
/// <param name="Configs">The settings that were given; what is absent has its default.</param>
/// <param name="Partitions">Where each partition lives.</param>
public sealed record TopicResponse(
    string Name,
    Guid TopicId,
    string Incarnation,
    int PartitionCount,
    int ReplicationFactor,
    IReadOnlyDictionary<string, string> Configs,
    IReadOnlyList<PartitionReplicasResponse> Partitions);

/// <summary>Where a partition lives.</summary>
/// <param name="Partition">Its number, from 0.</param>
/// <param name="Leader">The node that takes its writes.</param>
/// <param name="Replicas">The nodes that hold a copy.</param>
/// <param name="Isr">The copies that are in sync.</param>
public sealed record PartitionReplicasResponse(int Partition, int Leader, IReadOnlyList<int> Replicas, IReadOnlyList<int> Isr);

/// <summary>A page of topics.</summary>
/// <param name="Items">In the order of their names.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; absent on the last.</param>
public sealed record TopicListResponse(IReadOnlyList<TopicResponse> Items, string? Next);

/// <summary>Where a partition stands.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="LogStartOffset">The first offset that can be read.</param>
/// <param name="HighWatermark">One past the last committed record: readers see what lies before it.</param>
/// <param name="NextOffset">The offset that the next record will get.</param>
/// <param name="Bytes">Bytes on disk.</param>
/// <param name="Cleaning">What compaction did last; null where it never ran.</param>
public sealed record PartitionResponse(
    int Partition, long LogStartOffset, long HighWatermark, long NextOffset, long Bytes, CleaningResponse? Cleaning);

/// <summary>What compaction did last.</summary>
/// <param name="LastRunAt">When it ended.</param>
/// <param name="DirtyRatio">The uncleaned share of the bytes, 0..1.</param>
/// <param name="ReclaimedBytes">Bytes given back.</param>
public sealed record CleaningResponse(DateTimeOffset LastRunAt, double DirtyRatio, long ReclaimedBytes);

/// <summary>The partitions of a topic.</summary>
/// <param name="Items">In the order of their numbers.</param>
public sealed record PartitionListResponse(IReadOnlyList<PartitionResponse> Items);

/// <summary>A place in each partition.</summary>
/// <param name="Items">In the order of their numbers.</param>
public sealed record OffsetListResponse(IReadOnlyList<OffsetResponse> Items);

/// <summary>A place in a partition.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="Offset">The offset.</param>
/// <param name="Timestamp">The found record's timestamp in ms since 1970; null where none was looked for or found.</param>
public sealed record OffsetResponse(int Partition, long Offset, long? Timestamp);

/// <summary>The new start of a partition's log.</summary>
/// <param name="LogStartOffset">The first offset that can be read.</param>
public sealed record DeleteRecordsResponse(long LogStartOffset);
