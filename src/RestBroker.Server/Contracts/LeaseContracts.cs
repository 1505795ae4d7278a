namespace RestBroker.Server.Contracts;

/// <summary>A fetch inside a group.</summary>
public sealed record FetchGroupRequest
{
    /// <summary>The member's name: any, but each process its own.</summary>
    /// <example>worker-1</example>
    public required string Member { get; init; }

    /// <summary>The lease of the last answer; absent = join, or take the name over. Partitioned groups only.</summary>
    public LeaseRequest? Lease { get; init; }

    /// <summary>Where to read on before it is committed: the cursor of the last answer. Absent = from the committed offsets. Partitioned groups only.</summary>
    public string? Cursor { get; init; }

    /// <summary>At most this many records, 1 to 10,000; default 500.</summary>
    /// <example>100</example>
    public int? Limit { get; init; }

    /// <summary>How long to wait for a record, in seconds, 0 to 50; default 0.</summary>
    /// <example>5</example>
    public double? Wait { get; init; }

    /// <summary>At most this many bytes of keys, values and headers, yet at least one record; default 1048576.</summary>
    public int? MaxBytes { get; init; }
}

/// <summary>How much a fetch inside a group reads, in the terms of every other read.</summary>
internal sealed class GroupReadQuery : ReadQuery;

/// <summary>Records, and the lease they were read under or, in a shared group, how long they are held.</summary>
/// <param name="Records">In order within each partition; partitions are read in turn.</param>
/// <param name="Cursor">What to commit once they are done, and where to fetch on without committing. Absent in a shared group.</param>
/// <param name="UpToDate">Whether every partition of the lease was read to its end; in a shared group: whether nothing more was there to be given out.</param>
/// <param name="Gaps">Offsets that were wanted and cannot be had; absent where there are none.</param>
/// <param name="Lease">Give its id and epoch with the next call. Absent in a shared group.</param>
/// <param name="ExpiresAt">Shared groups only: until when the records are held; then somebody else may get them.</param>
/// <param name="ExpiresInMs">The same from now, in ms.</param>
public sealed record FetchGroupResponse(
    IReadOnlyList<GroupRecordResponse> Records,
    string? Cursor,
    bool UpToDate,
    IReadOnlyList<GapResponse>? Gaps,
    LeaseResponse? Lease,
    DateTimeOffset? ExpiresAt,
    long? ExpiresInMs);

/// <summary>A record that was read inside a group.</summary>
public sealed record GroupRecordResponse : RecordResponse
{
    /// <summary>Shared groups only: give it with what you say of the record. Absent where it was accepted at once.</summary>
    public string? Receipt { get; init; }

    /// <summary>Shared groups only: how often the record was given out, this time included.</summary>
    public int? DeliveryCount { get; init; }
}

/// <summary>What proves a lease.</summary>
/// <param name="Id">As it was given.</param>
/// <param name="Epoch">As it was given.</param>
public sealed record LeaseRequest(string Id, int Epoch);

/// <summary>A lease on partitions.</summary>
/// <param name="Id">Give it with the next call.</param>
/// <param name="Epoch">Give it with the next call.</param>
/// <param name="Partitions">What the member owns now; what is missing since the last answer is no longer its own.</param>
/// <param name="ExpiresAt">When the lease ends unless a fetch renews it.</param>
/// <param name="ExpiresInMs">The same from now, in ms.</param>
public sealed record LeaseResponse(
    string Id, int Epoch, IReadOnlyList<TopicPartitionsResponse> Partitions, DateTimeOffset ExpiresAt, long ExpiresInMs);

/// <summary>What a member no longer holds, as its event stream says it.</summary>
/// <param name="Partitions">Their records are somebody else's now; what was not committed is given out again.</param>
public sealed record RevokedResponse(IReadOnlyList<TopicPartitionsResponse> Partitions);

/// <summary>A commit: exactly one of <c>cursor</c> and <c>offsets</c>, all or nothing.</summary>
public sealed record CommitGroupRequest
{
    /// <summary>The lease of the last fetch.</summary>
    public required LeaseRequest Lease { get; init; }

    /// <summary>The cursor of a fetch: everything before it is done.</summary>
    public string? Cursor { get; init; }

    /// <summary>Positions one by one.</summary>
    public IReadOnlyList<OffsetRequest>? Offsets { get; init; }
}

/// <summary>The stored positions of the lease's partitions.</summary>
/// <param name="Offsets">In the order of topics and partitions; what was never committed is not there.</param>
public sealed record CommitGroupResponse(IReadOnlyList<CommittedOffsetResponse> Offsets);

/// <summary>A stored position.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition.</param>
/// <param name="NextOffset">The next offset to read.</param>
public sealed record CommittedOffsetResponse(string Topic, int Partition, long NextOffset);
