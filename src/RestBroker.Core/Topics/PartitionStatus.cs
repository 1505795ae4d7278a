namespace RestBroker.Core.Topics;

/// <summary>Where a partition stands now.</summary>
/// <param name="Partition">The partition's number.</param>
/// <param name="LogStartOffset">The first offset that can be read.</param>
/// <param name="HighWatermark">One past the last committed offset: readers see what lies before it.</param>
/// <param name="NextOffset">The log end: the offset the next record will get.</param>
/// <param name="Bytes">Bytes of its segments on disk.</param>
/// <param name="Cleaning">What compaction did last; null where it never ran.</param>
public sealed record PartitionStatus(
    int Partition, long LogStartOffset, long HighWatermark, long NextOffset, long Bytes, CleaningStatus? Cleaning);

/// <summary>What compaction did last in a partition.</summary>
/// <param name="LastRunAt">When it ended.</param>
/// <param name="DirtyRatio">The uncleaned share of the log's bytes, 0..1.</param>
/// <param name="ReclaimedBytes">How many bytes that run gave back.</param>
public sealed record CleaningStatus(DateTimeOffset LastRunAt, double DirtyRatio, long ReclaimedBytes);
