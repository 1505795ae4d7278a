using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Log;

/// <summary>Brings a batch to the codec of its topic. Done before the partition lock is taken: it is the slowest part of an append.</summary>
internal static class Recompression
{
    /// <summary>The builder that holds the batch in its new form; null where it may stay as it is.</summary>
    public static RecordBatchBuilder? Run(RecordBatch batch, TopicConfig config)
    {
        if (config.Compression is not { } codec || codec == batch.Compression) return null;
        var builder = new RecordBatchBuilder(codec, batch.Size)
        {
            Producer = (batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence),
        };
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record)) builder.Append(record.Timestamp, record.Key, record.Value, record.Headers.ToArray());
        return builder;
    }
}
