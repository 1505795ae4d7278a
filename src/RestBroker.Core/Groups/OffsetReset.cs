using RestBroker.Core.Engine;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>A wish to move a group's committed offsets, backwards too.</summary>
public sealed record OffsetReset
{
    /// <summary>Where every partition of the group's topics goes; null where <see cref="Offsets"/> says it.</summary>
    public StartPosition? To { get; init; }

    /// <summary>Where some partitions go; the others stay.</summary>
    public IReadOnlyList<OffsetCommit> Offsets { get; init; } = [];

    /// <summary>Only if the group's epoch is this; null = whatever it is.</summary>
    public int? ExpectedEpoch { get; init; }

    /// <summary>Tell what would happen, change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Even while members are live; their leases are fenced.</summary>
    public bool Force { get; init; }
}

/// <summary>A position that somebody wants stored.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="NextOffset">The next offset to read.</param>
/// <param name="TopicId">The incarnation that was read; null = whichever bears the name.</param>
public readonly record struct OffsetCommit(TopicPartition Partition, long NextOffset, Guid? TopicId = null);

/// <summary>What a reset did to a partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Previous">The committed offset before; null = none.</param>
/// <param name="NextOffset">The committed offset after.</param>
public readonly record struct ResetOffset(TopicPartition Partition, long? Previous, long NextOffset);
