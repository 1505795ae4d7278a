using System.Globalization;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Engine;

/// <summary>
/// What a fetch found, one entry a partition asked for and in that order. Owns the memory of its batches until it is disposed.
/// </summary>
public sealed class FetchResult(IReadOnlyList<FetchedPartition> partitions, IDisposable? memory = null) : IDisposable
{
    private IDisposable? _memory = memory;

    /// <summary>One entry for each partition of the request, in its order.</summary>
    public IReadOnlyList<FetchedPartition> Partitions { get; } = partitions;

    /// <summary>Whether any partition gave batches.</summary>
    public bool HasBatches => Partitions.Any(partition => partition.Batches.Length > 0);

    /// <summary>Gives the memory back; a second time it does nothing.</summary>
    public void Dispose() => Interlocked.Exchange(ref _memory, null)?.Dispose();
}

/// <summary>What a fetch found in one partition. A failure here is a value: the other partitions are served.</summary>
public sealed record FetchedPartition
{
    /// <summary>The partition.</summary>
    public required TopicPartition Partition { get; init; }

    /// <summary>
    /// <see cref="BrokerError.None"/>; <see cref="BrokerError.OffsetTrimmed"/> (before the log start), <see cref="BrokerError.OffsetOutOfRange"/>
    /// (beyond the log end), <see cref="BrokerError.UnknownTopicOrPartition"/>, <see cref="BrokerError.TopicRecreated"/>,
    /// <see cref="BrokerError.RecordCorrupt"/> (see <see cref="Corrupt"/>) or <see cref="BrokerError.StorageFailed"/>.
    /// </summary>
    public BrokerError Error { get; init; }

    /// <summary>The first offset that can be read.</summary>
    public long LogStartOffset { get; init; }

    /// <summary>One past the last committed offset.</summary>
    public long HighWatermark { get; init; }

    /// <summary>One past the last offset that no open transaction covers; the high watermark where there are no transactions.</summary>
    public long LastStableOffset { get; init; }

    /// <summary>The log end: the offset that the next record will get.</summary>
    public long NextOffset { get; init; }

    /// <summary>Transactions among the batches that were aborted; their records are not to be shown.</summary>
    public IReadOnlyList<AbortedTransaction> AbortedTransactions { get; init; } = [];

    /// <summary>Whole record batches, back to back, as they are on disk; the first may begin before the offset asked for.</summary>
    public ReadOnlyMemory<byte> Batches { get; init; }

    /// <summary>With <see cref="BrokerError.RecordCorrupt"/>: the offsets that cannot be read; reading goes on at the range's end.</summary>
    public OffsetRange? Corrupt { get; init; }
}

/// <summary>A transaction that was rolled back.</summary>
/// <param name="ProducerId">Whose it was.</param>
/// <param name="FirstOffset">Where it began.</param>
public readonly record struct AbortedTransaction(long ProducerId, long FirstOffset);

/// <summary>A range of offsets.</summary>
/// <param name="From">The first.</param>
/// <param name="To">One past the last.</param>
public readonly record struct OffsetRange(long From, long To)
{
    /// <summary>As people read it: the first and the last offset.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From} to {To - 1}");
}
