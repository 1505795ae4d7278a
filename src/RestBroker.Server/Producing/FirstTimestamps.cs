using System.Runtime.InteropServices;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>
/// The timestamps that records got when they were stored: a receipt that is given again tells those, and the broker's clock of the first
/// try stands nowhere but in the log.
/// </summary>
internal static class FirstTimestamps
{
    /// <summary>The timestamps of a batch's records from its base offset on; null where the batch was trimmed or cannot be read.</summary>
    public static async ValueTask<IReadOnlyDictionary<long, long>?> ReadAsync(
        ILogEngine engine, TopicPartition partition, long baseOffset, CancellationToken cancellationToken)
    {
        var request = new FetchRequest { Partitions = [new FetchPartition(partition, baseOffset)], MinBytes = 0, MaxBytes = 1 };
        using var found = await engine.FetchAsync(request, cancellationToken);
        // Batches are read-only by contract; the view of a batch is made for writers too.
        var bytes = MemoryMarshal.AsMemory(found.Partitions[0].Batches);
        return found.Partitions[0].Error == BrokerError.None && RecordBatch.TryRead(bytes, out var batch) && batch.BaseOffset == baseOffset ? Read(batch) : null;
    }

    private static Dictionary<long, long>? Read(RecordBatch batch)
    {
        var timestamps = new Dictionary<long, long>();
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record)) timestamps[record.Offset] = record.Timestamp;
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            return null;
        }

        return timestamps;
    }
}
