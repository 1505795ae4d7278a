using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Log;

/// <summary>Whether a batch may be appended. Pure.</summary>
internal static class BatchValidator
{
    /// <summary>The largest batch: positions in a segment are 32 bits, and a reader must be able to hold one.</summary>
    public const int MaxBatchSize = 80 * 1024 * 1024;

    private const long MaxLeadMilliseconds = 60 * 60 * 1000;

    public static void Validate(in ProduceRequest request, TopicConfig config, long now)
    {
        var batch = request.Batch;
        CheckSize(batch);
        if (!RecordBatch.TryRead(batch.Bytes, out var whole) || whole.Size != batch.Size || !(request.IsCrcKnown || batch.IsCrcValid()))
            throw new BrokerException(BrokerError.InvalidRecord, "The bytes are not one whole record batch of magic 2 with a valid checksum.");
        if (batch.RecordCount < 1 || batch.LastOffsetDelta != batch.RecordCount - 1)
            throw new BrokerException(BrokerError.InvalidRecord, $"A batch of {batch.RecordCount} records cannot span {batch.LastOffsetDelta + 1L} offsets.");
        if (batch.IsControl || batch.IsTransactional)
            throw new BrokerException(BrokerError.NotSupportedByEngine, "Transactional and control batches are not taken by this engine.");
        if (batch.HasBrokerAttributes)
            throw new BrokerException(BrokerError.InvalidRecord, $"The attributes {batch.Attributes} have bits that a producer does not set.");
        if (batch.ProducerId >= 0 && (batch.ProducerEpoch < 0 || batch.BaseSequence < 0))
            throw new BrokerException(BrokerError.InvalidRecord, $"A batch of producer {batch.ProducerId} needs an epoch and a sequence; they begin at 0.");
        if ((config.CleanupPolicy & CleanupPolicy.Compact) != 0) RequireKeys(batch);
        if (config.TimestampType == TimestampType.CreateTime && batch.MaxTimestamp > now + MaxLeadMilliseconds)
            throw new BrokerException(BrokerError.InvalidTimestamp, $"The timestamp {batch.MaxTimestamp} is more than an hour ahead of the broker's {now}.");
    }

    // Without a key a record could never be replaced, and would stay for ever.
    private static void RequireKeys(RecordBatch batch)
    {
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (record.Key is null)
                throw new BrokerException(BrokerError.InvalidRecord, $"Record {record.Offset - batch.BaseOffset} of the batch has no key; a compacted topic keeps the last record of each key.");
        }
    }

    /// <summary>Also for a batch that was given another codec: it may have grown.</summary>
    public static void CheckSize(RecordBatch batch)
    {
        if (batch.Size > MaxBatchSize)
            throw new BrokerException(BrokerError.RecordTooLarge, $"A batch of {batch.Size} bytes is more than the {MaxBatchSize} that a log takes at once.");
    }
}
