namespace RestBroker.Core.Engine;

/// <summary>The latest record of a key. Owns the memory of its batch until it is disposed.</summary>
/// <param name="offset">Where it is.</param>
/// <param name="found">One partition, whose batches begin with the one that holds the record.</param>
public sealed class LatestRecord(long offset, FetchResult found) : IDisposable
{
    /// <summary>The record's offset.</summary>
    public long Offset { get; } = offset;

    /// <summary>The partition and the batch that holds the record; there may be other records before and behind it.</summary>
    public FetchedPartition Found { get; } = found.Partitions[0];

    /// <inheritdoc/>
    public void Dispose() => found.Dispose();
}
