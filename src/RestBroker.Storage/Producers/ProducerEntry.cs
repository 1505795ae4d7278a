using RestBroker.Core.Producers;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Producers;

/// <summary>A batch that is in the log.</summary>
/// <param name="BaseSequence">The sequence of its first record.</param>
/// <param name="LastSequence">The sequence of its last record.</param>
/// <param name="BaseOffset">The offset of its first record.</param>
/// <param name="Timestamp">Its greatest timestamp, in ms.</param>
internal readonly record struct ProducerBatch(int BaseSequence, int LastSequence, long BaseOffset, long Timestamp)
{
    public long NextOffset => BaseOffset + ProducerSequence.Distance(BaseSequence, LastSequence) + 1;

    public static ProducerBatch Of(RecordBatch batch) => new(
        batch.BaseSequence, ProducerSequence.Add(batch.BaseSequence, batch.LastOffsetDelta), batch.BaseOffset, batch.MaxTimestamp);
}

/// <summary>A producer in one partition: its epoch there and its last five batches. The caller holds the state's lock.</summary>
internal sealed class ProducerEntry(short epoch)
{
    /// <summary>As many as a Kafka producer may have on the way.</summary>
    public const int MaxBatches = 5;

    private readonly List<ProducerBatch> _batches = new(MaxBatches);

    public short Epoch { get; private set; } = epoch;

    /// <summary>The broker's clock at the last append, in ms.</summary>
    public long LastAppendTime { get; set; }

    /// <summary>From the oldest to the newest.</summary>
    public IReadOnlyList<ProducerBatch> Batches => _batches;

    /// <summary>The sequence that the next record of its epoch must have.</summary>
    public int NextSequence => _batches.Count == 0 ? 0 : ProducerSequence.Add(_batches[^1].LastSequence, 1);

    public bool IsLast(RecordBatch batch) => _batches.Count > 0 && batch.ProducerEpoch == Epoch && _batches[^1].BaseOffset == batch.BaseOffset;

    /// <summary>The batch with just these sequences, if it is one of the last five.</summary>
    public ProducerBatch? Find(int baseSequence, int lastSequence)
    {
        foreach (var batch in _batches)
        {
            if (batch.BaseSequence == baseSequence && batch.LastSequence == lastSequence) return batch;
        }

        return null;
    }

    /// <summary>
    /// Takes note of a batch that is in the log; a higher epoch forgets those of the one before. So does a batch that does not follow on: the
    /// producer was forgotten and has begun anew, and when the log is read again its first life must not answer for the second.
    /// </summary>
    public void Add(short epoch, in ProducerBatch batch)
    {
        if (epoch != Epoch || batch.BaseSequence != NextSequence) _batches.Clear();
        Epoch = epoch;
        if (_batches.Count == MaxBatches) _batches.RemoveAt(0);
        _batches.Add(batch);
    }
}
