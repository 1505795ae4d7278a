using System.Text;
using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>A request with an idempotency key, from its beginning until its records are stored.</summary>
internal sealed class KeyedRequest(long producerId, Header mark, int partitionCount, IdempotencyKey key, Action end) : IDisposable
{
    /// <summary>The producer id of its batches.</summary>
    public long ProducerId => producerId;

    /// <summary>The hidden header of each batch's first record.</summary>
    public Header Mark => mark;

    /// <summary>By how many partitions its records are sorted: as many as the topic had at the first try.</summary>
    public int PartitionCount => partitionCount;

    /// <summary>The partition of its records without keys, the same at every try.</summary>
    public int KeylessPartition { get; } = Murmur2.Partition(Encoding.ASCII.GetBytes(key.Text), partitionCount);

    /// <inheritdoc/>
    public void Dispose() => end();
}
