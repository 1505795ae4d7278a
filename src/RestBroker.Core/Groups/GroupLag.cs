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
public readonly record struct PartitionLag(TopicPartition Partition, long? NextOffset, long HighWatermark, long Lag, string? Member);
