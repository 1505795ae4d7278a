using System.Buffers;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>A log that the broker itself writes and, at start, reads back: the truth behind a state in memory. Thread-safe.</summary>
internal sealed class Journal(PartitionLog log)
{
    private const int ReadSize = 1024 * 1024;

    /// <summary>Appends a batch; the task ends when it is durable. Batches are durable in the order of the calls.</summary>
    public (long BaseOffset, Task Durable) Append(RecordBatch batch)
    {
        var (result, durable) = log.Append(batch, new AppendWish(null, Wait: true, IsLone: true));
        return (result.BaseOffset, durable);
    }

    /// <summary>Everything from the start. Returns false where some of it could not be read; the rest was given.</summary>
    public bool Replay(Action<Record> apply)
    {
        var isWhole = true;
        var offset = log.LogStartOffset;
        while (offset < log.HighWatermark.Value)
        {
            var (error, slice) = log.Read(offset, ReadSize);
            if (error == BrokerError.RecordCorrupt)
            {
                isWhole = false;
                offset = slice.Corrupt!.Value.To;
                continue;
            }

            if (error != BrokerError.None) throw new BrokerException(error, $"{log.Partition} cannot be read at offset {offset}.");
            if (slice.Buffer is not { } buffer) break;
            offset = Apply(buffer.AsMemory(0, slice.Count), offset, apply);
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return isWhole;
    }

    private static long Apply(Memory<byte> batches, long from, Action<Record> apply)
    {
        var next = from;
        while (RecordBatch.TryRead(batches, out var batch))
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Offset >= from) apply(record);
            }

            next = batch.NextOffset;
            batches = batches[batch.Size..];
        }

        return next;
    }
}
