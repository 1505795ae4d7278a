using System.Buffers;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage;

/// <summary>
/// One fetch: looks at every partition in turn and, where there is not enough, waits for one of them to move. Registers with the logs
/// before it looks, so that no record slips between a look and a wait.
/// </summary>
internal sealed class FetchSession(TopicCatalog catalog, FetchRequest request)
{
    /// <summary>Looks at every partition once: here, where memory holds all that is wanted, or where others wait for the disk too.</summary>
    public ValueTask<FetchResult> ReadAsync(DiskReads disk, CancellationToken cancellationToken) =>
        Read(mayWait: false) is { } result ? ValueTask.FromResult(result) : new(ReadFromAsync(disk, cancellationToken));

    public bool IsEnough(FetchResult result)
    {
        long bytes = 0;
        foreach (var partition in result.Partitions)
        {
            if (partition.Error != BrokerError.None) return true;
            bytes += partition.Batches.Length;
        }

        return bytes >= request.MinBytes || bytes >= request.MaxBytes;
    }

    /// <summary>The logs to be watched. A topic that comes into being later is not waited for: it is an error at the first look.</summary>
    public List<PartitionLog> Logs()
    {
        var logs = new List<PartitionLog>(request.Partitions.Count);
        foreach (var wanted in request.Partitions)
        {
            if (Find(wanted.Partition) is { } log) logs.Add(log);
        }

        return logs;
    }

    // Whoever has left while others were waited for is not read for.
    private Task<FetchResult> ReadFromAsync(DiskReads disk, CancellationToken cancellationToken) => disk.RunAsync(() =>
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Read(mayWait: true)!;
    });

    // Null where the disk is not to be waited for and would have to be.
    private FetchResult? Read(bool mayWait)
    {
        var memory = new RentedMemory();
        var partitions = new FetchedPartition[request.Partitions.Count];
        var bytes = 0;
        for (var i = 0; i < partitions.Length; i++)
        {
            if (Read(request.Partitions[i], request.MaxBytes - bytes, isFirst: bytes == 0, mayWait, memory) is not { } read)
            {
                memory.Dispose();
                return null;
            }

            partitions[i] = read;
            bytes += read.Batches.Length;
        }

        return new FetchResult(partitions, memory);
    }

    private PartitionLog? Find(Core.Topics.TopicPartition partition) =>
        catalog.Find(partition.Topic) is { } topic && (uint)partition.Partition < (uint)topic.Logs.Count ? topic.Logs[partition.Partition] : null;

    private FetchedPartition? Read(FetchPartition wanted, int maxBytes, bool isFirst, bool mayWait, RentedMemory memory)
    {
        if (Find(wanted.Partition) is not { } log) return Failed(wanted, BrokerError.UnknownTopicOrPartition);
        if (wanted.TopicId is { } id && catalog.Find(wanted.Partition.Topic)?.TopicId != id) return Failed(wanted, BrokerError.TopicRecreated);
        // Looked at before the batches are: what the answer says is committed is in it, or behind what is.
        var highWatermark = log.HighWatermark.Value;
        var (error, slice) = maxBytes > 0 || isFirst ? log.Read(new ReadWish(wanted.Offset, highWatermark, Math.Max(maxBytes, 0), mayWait)) : default;
        if (slice.IsOnDisk) return null;

        // A whole batch is given whatever its size, but only to whoever has got nothing yet.
        if (!isFirst && slice.Buffer is { } buffer && slice.Count > maxBytes)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            slice = default;
        }

        var logStartOffset = log.LogStartOffset;
        highWatermark = Math.Max(highWatermark, logStartOffset);
        return new FetchedPartition
        {
            Partition = wanted.Partition,
            Error = error,
            Corrupt = slice.Corrupt,
            Batches = memory.Keep(slice),
            LogStartOffset = logStartOffset,
            HighWatermark = highWatermark,
            LastStableOffset = highWatermark,
            NextOffset = log.NextOffset,
        };
    }

    private static FetchedPartition Failed(FetchPartition wanted, BrokerError error) => new() { Partition = wanted.Partition, Error = error };

    /// <summary>The buffers of a result. Not thread-safe.</summary>
    private sealed class RentedMemory : IDisposable
    {
        private List<byte[]>? _buffers;

        public ReadOnlyMemory<byte> Keep(LogSlice slice)
        {
            if (slice.Buffer is not { } buffer) return default;
            (_buffers ??= []).Add(buffer);
            return buffer.AsMemory(0, slice.Count);
        }

        public void Dispose()
        {
            var buffers = _buffers;
            _buffers = null;
            foreach (var buffer in buffers ?? []) ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
