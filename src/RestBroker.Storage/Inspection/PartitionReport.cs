using RestBroker.Core.Topics;

namespace RestBroker.Storage.Inspection;

/// <summary>What was found when all of a partition was read.</summary>
/// <param name="Partition">Which.</param>
/// <param name="Records">Records that can be read.</param>
/// <param name="FirstOffset">Where the log starts.</param>
/// <param name="NextOffset">One past the last record.</param>
/// <param name="Bytes">Size of its segments.</param>
/// <param name="Faults">What is wrong and where; empty = sound.</param>
public sealed record PartitionReport(
    TopicPartition Partition, long Records, long FirstOffset, long NextOffset, long Bytes, IReadOnlyList<string> Faults)
{
    /// <summary>Whether everything fits: every checksum, the order of the offsets, indexes, seals and the checkpoint.</summary>
    public bool IsSound => Faults.Count == 0;
}
