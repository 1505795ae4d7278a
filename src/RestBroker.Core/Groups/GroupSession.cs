using RestBroker.Core.Engine;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>A lease as its holder sees it.</summary>
/// <param name="Token">What to show with the next call.</param>
/// <param name="Partitions">What the holder owns, sorted.</param>
/// <param name="ExpiresAt">When it ends unless it is renewed, by the wall clock.</param>
/// <param name="ExpiresIn">The same as a span, for clients whose clock differs.</param>
public sealed record GroupLease(LeaseToken Token, IReadOnlyList<TopicPartition> Partitions, DateTimeOffset ExpiresAt, TimeSpan ExpiresIn);

/// <summary>
/// What a fetch is to read, and how long it may wait before it must ask again: leases of others end without an event, and its own must
/// be renewed while it is parked.
/// </summary>
public sealed record GroupSession
{
    /// <summary>The group.</summary>
    public required string Group { get; init; }

    /// <summary>The member.</summary>
    public required string Member { get; init; }

    /// <summary>The lease, renewed.</summary>
    public required GroupLease Lease { get; init; }

    /// <summary>The group's topics that exist, in the order of its settings: the cursor's topics.</summary>
    public required IReadOnlyList<TopicDescription> Topics { get; init; }

    /// <summary>
    /// Where to read each partition of the lease: the committed offset, or where the group begins. Retention may have removed what
    /// lies there.
    /// </summary>
    public required IReadOnlyList<CommittedOffset> Positions { get; init; }

    /// <summary>Where the call took over a lease that had not ended: its epoch, and what the name owned then and still owns.</summary>
    public (int Epoch, IReadOnlyList<TopicPartition> Kept)? TookOver { get; init; }

    /// <summary>Whether the member gave something up in this call: it had better be told before anything is waited for.</summary>
    public required bool HasLost { get; init; }

    /// <summary>Is cancelled when another fetch would give another assignment, or would be fenced.</summary>
    public required CancellationToken Changed { get; init; }

    /// <summary>Ask again after this long at the latest.</summary>
    public required TimeSpan CheckWithin { get; init; }
}
