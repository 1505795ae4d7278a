using System.Text.Json;
using System.Text.Json.Serialization;
using RestBroker.Core.Groups;

namespace RestBroker.Server.Contracts;

/// <summary>A group as PUT asks for it. What is absent keeps its value, or has its default in a new group.</summary>
public sealed record PutGroupRequest
{
    /// <summary>What the group reads; a new group needs at least one. A topic that does not exist yet is read once it does.</summary>
    public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>
    /// How the members share: <c>partitioned</c> (default), each partition has one owner, or <c>shared</c>, each record goes to one member.
    /// A group keeps its mode.
    /// </summary>
    /// <example>partitioned</example>
    public GroupMode? Mode { get; init; }

    /// <summary>Where the group begins: <c>earliest</c> (default), <c>latest</c>, <c>-n</c>, an RFC 3339 time or ms since 1970.</summary>
    public JsonElement? From { get; init; }

    /// <summary>How long a member may be silent, and in a shared group hold a record, 1 to 3600; default 30.</summary>
    /// <example>30</example>
    public int? LeaseSeconds { get; init; }

    /// <summary>Shared groups only: how often a record is given out at most, 1 to 1000; default 5.</summary>
    public int? MaxDeliveries { get; init; }

    /// <summary>
    /// Shared groups only: a topic that exists, for records that were rejected or given out too often; <c>""</c> = none. Without one they
    /// are dropped.
    /// </summary>
    public string? DeadLetterTopic { get; init; }
}

/// <summary>A group. Its settings and epoch make its ETag.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Mode">How its members share.</param>
/// <param name="Topics">What it reads.</param>
/// <param name="From">Where it begins: <c>earliest</c>, <c>latest</c>, <c>-n</c>, or ms since 1970.</param>
/// <param name="LeaseSeconds">How long a member may be silent, and in a shared group hold a record.</param>
/// <param name="MaxDeliveries">Shared groups only: how often a record is given out at most.</param>
/// <param name="DeadLetterTopic">Shared groups only: where rejected and exhausted records go; null = they are dropped.</param>
/// <param name="Epoch">Rises with every change of settings, topics, members and leases, and with a reset.</param>
/// <param name="State"><c>empty</c>, <c>reconciling</c> (partitions are on their way between members) or <c>stable</c>.</param>
/// <param name="Members">Who holds a lease, by name.</param>
public sealed record GroupResponse(
    string Group,
    GroupMode Mode,
    IReadOnlyList<string> Topics,
    string From,
    int LeaseSeconds,
    int? MaxDeliveries,
    string? DeadLetterTopic,
    int Epoch,
    GroupCondition State,
    IReadOnlyList<MemberResponse> Members);

/// <summary>A member of a group.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Epoch">The epoch of its lease.</param>
/// <param name="ExpiresAt">When its lease ends unless it is renewed.</param>
/// <param name="Partitions">What it owns; empty in a shared group, where it may get records of every partition.</param>
public sealed record MemberResponse(string Member, int Epoch, DateTimeOffset ExpiresAt, IReadOnlyList<TopicPartitionsResponse> Partitions);

/// <summary>Partitions of a topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partitions">Their numbers.</param>
public sealed record TopicPartitionsResponse(string Topic, IReadOnlyList<int> Partitions);

/// <summary>A page of groups.</summary>
/// <param name="Items">In the order of their names.</param>
/// <param name="Next">What to give as <c>after</c> for the next page; null on the last.</param>
public sealed record GroupListResponse(IReadOnlyList<GroupSummaryResponse> Items, string? Next);

/// <summary>A group in a list.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Mode">How its members share.</param>
/// <param name="Topics">What it reads.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="State">Whether it is at rest.</param>
/// <param name="MemberCount">How many members hold a lease.</param>
public sealed record GroupSummaryResponse(
    string Group, GroupMode Mode, IReadOnlyList<string> Topics, int Epoch, GroupCondition State, int MemberCount);

/// <summary>How far a group is behind.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Lag">Records between the group and the end, of all topics.</param>
/// <param name="OldestUnreadAgeMs">How old the oldest record is, by its timestamp, that the group has not read; null where it has read all.</param>
/// <param name="Topics">The same by topic.</param>
public sealed record GroupLagResponse(string Group, int Epoch, long Lag, long? OldestUnreadAgeMs, IReadOnlyList<TopicLagResponse> Topics);

/// <summary>How far a group is behind in a topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Lag">Of all its partitions.</param>
/// <param name="Partitions">The same by partition.</param>
public sealed record TopicLagResponse(string Topic, long Lag, IReadOnlyList<PartitionLagResponse> Partitions);

/// <summary>How far a group is behind in a partition.</summary>
/// <param name="Partition">Its number.</param>
/// <param name="NextOffset">The committed offset; null = none yet.</param>
/// <param name="HighWatermark">One past the last record.</param>
/// <param name="Lag">Records from the committed offset, or from where the group would begin, to the high watermark.</param>
/// <param name="Member">Who owns it; null = nobody, as always in a shared group.</param>
/// <param name="OldestUnreadAgeMs">How old the next record is; null where there is none, or more than 256 partitions lag.</param>
/// <param name="InFlight">Shared groups only: what was given out and is not done with; it is part of the lag.</param>
public sealed record PartitionLagResponse(
    int Partition,
    long? NextOffset,
    long HighWatermark,
    long Lag,
    string? Member,
    long? OldestUnreadAgeMs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] InFlightResponse? InFlight);

/// <summary>Records of a shared group's partition that were given out and are not done with.</summary>
/// <param name="Acquired">Held by members.</param>
/// <param name="Available">Given back: the next fetch gets them.</param>
/// <param name="Delayed">Given back with a delay that is not over.</param>
/// <param name="Dead">On their way to the dead-letter topic.</param>
public sealed record InFlightResponse(int Acquired, int Available, int Delayed, int Dead);

/// <summary>A wish to move a group's committed offsets: exactly one of <c>to</c> and <c>offsets</c>.</summary>
public sealed record ResetOffsetsRequest
{
    /// <summary>Where every partition goes: <c>earliest</c>, <c>latest</c>, <c>-n</c>, an RFC 3339 time or ms since 1970.</summary>
    public JsonElement? To { get; init; }

    /// <summary>With <c>to</c>: only the partitions of this topic; absent = of all the group's topics.</summary>
    public string? Topic { get; init; }

    /// <summary>Where some partitions go; the others stay.</summary>
    public IReadOnlyList<OffsetRequest>? Offsets { get; init; }

    /// <summary>Tell what would happen, change nothing; needs no If-Match.</summary>
    /// <example>true</example>
    public bool DryRun { get; init; }

    /// <summary>Even while members are live; their leases are fenced.</summary>
    public bool Force { get; init; }
}

/// <summary>A position.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="NextOffset">The next offset to read.</param>
public sealed record OffsetRequest(string Topic, int Partition, long NextOffset);

/// <summary>What a reset did, or would do.</summary>
/// <param name="Offsets">Every partition it moves.</param>
/// <param name="DryRun">Whether nothing was changed.</param>
public sealed record ResetOffsetsResponse(IReadOnlyList<ResetOffsetResponse> Offsets, bool DryRun);

/// <summary>What a reset did to a partition.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Previous">The committed offset before; null = none.</param>
/// <param name="NextOffset">The committed offset after.</param>
public sealed record ResetOffsetResponse(string Topic, int Partition, long? Previous, long NextOffset);
