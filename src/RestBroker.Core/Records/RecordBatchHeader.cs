namespace RestBroker.Core.Records;

/// <summary>The fields of a batch's header that its bytes do not follow from; see <see cref="RecordBatch"/>.</summary>
internal readonly record struct RecordBatchHeader()
{
    public long BaseOffset { get; init; }

    public int LeaderEpoch { get; init; } = -1;

    public short Attributes { get; init; }

    public int LastOffsetDelta { get; init; }

    public long BaseTimestamp { get; init; }

    public long MaxTimestamp { get; init; }

    public long ProducerId { get; init; } = -1;

    public short ProducerEpoch { get; init; } = -1;

    public int BaseSequence { get; init; } = -1;

    public int RecordCount { get; init; }
}
