using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Engine;

/// <summary>One batch for one partition.</summary>
/// <param name="Partition">Where it goes.</param>
/// <param name="Batch">The batch; its base offset and leader epoch are stamped in place by the log.</param>
/// <param name="Acks">When the answer is sent.</param>
/// <param name="ExpectedNextOffset">Append only if the log ends here; null = wherever it ends.</param>
/// <param name="ExpectedTopicId">Append only to this incarnation of the topic; null = to whichever bears the name.</param>
/// <param name="KeyCondition">Append only if this holds for the key of the batch's only record; null = in any case.</param>
public readonly record struct ProduceRequest(
    TopicPartition Partition,
    RecordBatch Batch,
    Acks Acks,
    long? ExpectedNextOffset = null,
    Guid? ExpectedTopicId = null,
    KeyCondition? KeyCondition = null)
{
    /// <summary>
    /// Whether the caller computed or checked the batch's checksum a moment ago, in memory that nobody else writes to: the engine takes its
    /// word and does not read all of the bytes again for it.
    /// </summary>
    public bool IsCrcKnown { get; init; }

    /// <summary>
    /// Whether the caller produces nothing beside it: the engine may then do what is short on the caller's thread, which has nothing better
    /// to do.
    /// </summary>
    public bool IsLone { get; init; }
}

/// <summary>Where a batch went.</summary>
/// <param name="BaseOffset">The offset of its first record.</param>
/// <param name="LogAppendTime">The broker's timestamp in ms where the topic's timestamps are log-append times, else null.</param>
/// <param name="LogStartOffset">The first offset that can be read.</param>
/// <param name="FirstTime">Not null: the batch had been stored before, <paramref name="BaseOffset"/> is that of the first time, and this is the
/// greatest timestamp it had then.</param>
public readonly record struct ProduceResult(long BaseOffset, long? LogAppendTime, long LogStartOffset, long? FirstTime = null)
{
    /// <summary>Whether the batch had been stored before.</summary>
    public bool Duplicate => FirstTime is not null;
}
