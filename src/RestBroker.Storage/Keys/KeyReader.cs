using System.Buffers;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Keys;

/// <summary>Reads the record that a look-up has found.</summary>
internal static class KeyReader
{
    /// <summary>Null where the record is not there any more: a later one has its key.</summary>
    /// <exception cref="BrokerException">RecordCorrupt, StorageFailed.</exception>
    public static LatestRecord? Read(PartitionLog log, long offset)
    {
        var (error, slice) = log.Read(offset, 1);
        if (error == BrokerError.OffsetTrimmed) return null;
        if (slice.Corrupt is { } corrupt)
            throw new BrokerException(error, $"Record {offset} of {log.Partition} is damaged on disk.") { Members = new Dictionary<string, object> { ["from"] = corrupt.From, ["to"] = corrupt.To } };
        if (error != BrokerError.None) throw new BrokerException(error, $"Record {offset} of {log.Partition} cannot be read now.") { SideEffects = SideEffects.None };
        if (slice.Buffer is not { } buffer) return null;
        var batches = buffer.AsMemory(0, slice.Count);
        if (!Holds(batches, offset))
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return null;
        }

        var found = new FetchedPartition
        {
            Partition = log.Partition,
            Batches = batches,
            LogStartOffset = log.LogStartOffset,
            HighWatermark = log.HighWatermark.Value,
            LastStableOffset = log.HighWatermark.Value,
            NextOffset = log.NextOffset,
        };
        return new LatestRecord(offset, new FetchResult([found], new Rented(buffer)));
    }

    private static bool Holds(Memory<byte> batches, long offset)
    {
        if (!RecordBatch.TryRead(batches, out var batch)) return false;
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (record.Offset == offset) return true;
        }

        return false;
    }

    /// <summary>Gives a buffer back once.</summary>
    private sealed class Rented(byte[] buffer) : IDisposable
    {
        private byte[]? _buffer = buffer;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _buffer, null) is { } rented) ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
