using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>How far a group is behind.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Partitions">One entry for each partition of its topics that exist, in the order of its settings.</param>
public sealed record GroupLag(string Group, int Epoch, IReadOnlyList<PartitionLag> Partitions);

/// <summary>How far a group is behind in a partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="NextOffset">The committed offset; null = none.</param>
/// <param name="HighWatermark">One past the last committed record.</param>
/// <param name="Lag">High watermark less the committed offset, or less where the group would begin.</param>
/// <param name="Member">Who owns it; null = nobody.</param>
/// <param name="InFlight">In a shared group: what was given out and is not done with; else null.</param>
/// <param name="Start">Where the group would read on: the committed offset, or where it begins.</param>
/// <param name="OldestUnread">The timestamp of the record there in ms; null where there is none or it was not looked for.</param>
public readonly record struct PartitionLag(
    TopicPartition Partition,
    long? NextOffset,
    long HighWatermark,
    long Lag,
    string? Member,
    InFlight? InFlight,
    long Start,
    long? OldestUnread = null);

/// <summary>Records of a shared group's partition that were given out and are not done with.</summary>
/// <param name="Acquired">Held by members.</param>
/// <param name="Available">Given back: the next fetch gets them.</param>
/// <param name="Delayed">Given back with a delay that is not over.</param>
/// <param name="Dead">On their way to the dead letters.</param>
public sealed record InFlight(int Acquired, int Available, int Delayed, int Dead);
