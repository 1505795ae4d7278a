using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Engine;

/// <summary>
/// The waist: takes record batches and gives record batches. Faces above it know nothing of files, engines below it know nothing of
/// HTTP. Thread-safe. A whole-call failure is a <see cref="BrokerException"/>, a failure of one partition is a value. Cancellation
/// stops the waiting, never a write that has begun. After disposal every member throws <see cref="ObjectDisposedException"/>.
/// </summary>
public interface ILogEngine : IAsyncDisposable
{
    /// <summary>What this engine can do beyond the core.</summary>
    EngineFeatures Features { get; }

    /// <summary>False once a log was poisoned by a disk error: the broker serves, but is not ready for new work.</summary>
    bool IsHealthy { get; }

    /// <summary>Creates a topic; it exists, durably, when the task completes.</summary>
    /// <exception cref="BrokerException">InvalidTopic, TopicAlreadyExists, TopicNameCollision, InvalidConfig, InvalidPartitions,
    /// InvalidReplicationFactor, NotSupportedByEngine, LimitReached.</exception>
    ValueTask<TopicDescription> CreateTopicAsync(TopicSpec spec, CancellationToken cancellationToken);

    /// <summary>Changes settings or adds partitions; all or nothing.</summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, PreconditionFailed (member <c>version</c>), InvalidConfig,
    /// InvalidPartitions, PolicyViolation, NotSupportedByEngine.</exception>
    ValueTask<TopicDescription> AlterTopicAsync(TopicAlteration alteration, CancellationToken cancellationToken);

    /// <summary>Deletes a topic, its records and every group's committed offsets in it.</summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition.</exception>
    ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken);

    /// <summary>The topic of a name, or null. Answers from memory: it is on the path of every request.</summary>
    ValueTask<TopicDescription?> DescribeTopicAsync(string topic, CancellationToken cancellationToken);

    /// <summary>A page of topics, with every change made before the call.</summary>
    ValueTask<TopicPage> ListTopicsAsync(TopicQuery query, CancellationToken cancellationToken);

    /// <summary>Where each partition of a topic stands, in order of their numbers.</summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition.</exception>
    ValueTask<IReadOnlyList<PartitionStatus>> DescribePartitionsAsync(string topic, CancellationToken cancellationToken);

    /// <summary>
    /// Appends one batch to one partition, atomically. The engine stamps base offset, leader epoch and, where the topic says so,
    /// append time and compression; it does not keep the batch's memory. A batch of a producer that was stored before is not stored again:
    /// the answer is that of the first time, given when the first is committed, whatever the acks. To be awaited once.
    /// </summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, TopicRecreated, RecordTooLarge, InvalidRecord, InvalidTimestamp,
    /// PreconditionFailed (member <c>nextOffset</c>, or <c>keyOffset</c> where the key is there), ProducerFenced, OutOfOrderSequence and
    /// DuplicateSequence (member <c>nextSequence</c>), NotFound and InvalidRange (of a producer), IdempotencyKeyReused, TopicNotCompacted,
    /// LimitReached, StorageFailed, DiskFull, NotSupportedByEngine.</exception>
    ValueTask<ProduceResult> ProduceAsync(ProduceRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Gives out a producer id that nobody had, in epoch 0; or raises the epoch of one, which fences whoever has an older epoch: once this
    /// has returned none of their batches is stored. Durable. Needs <see cref="EngineFeatures.ProducerState"/>.
    /// </summary>
    /// <exception cref="BrokerException">NotFound, LimitReached, StorageFailed, DiskFull, NotSupportedByEngine.</exception>
    ValueTask<ProducerIdentity> InitProducerAsync(long? producerId, CancellationToken cancellationToken);

    /// <summary>The current epoch of an id that was given out.</summary>
    /// <exception cref="BrokerException">NotFound, NotSupportedByEngine.</exception>
    ValueTask<ProducerIdentity> DescribeProducerAsync(long producerId, CancellationToken cancellationToken);

    /// <summary>
    /// What the partitions of a topic remember of a producer, told once it is committed; those that know nothing of it are left out.
    /// </summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, StorageFailed, NotSupportedByEngine.</exception>
    ValueTask<IReadOnlyList<ProducerStatus>> FindProducerAsync(string topic, long producerId, CancellationToken cancellationToken);

    /// <summary>
    /// Reads batches, waiting for them if need be. Only committed records are given. Every long poll, stream and wire fetch waits here.
    /// Ends early with what there is, an empty result included, when the wait is over; an error of any partition ends the wait too.
    /// </summary>
    ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Looks up the latest record of a key, waiting until it is committed; null where the key was never there or was deleted. Needs
    /// <see cref="EngineFeatures.KeyIndex"/>.
    /// </summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, TopicNotCompacted, RecordCorrupt (it may be among what cannot be read),
    /// StorageFailed.</exception>
    ValueTask<LatestRecord?> FetchLatestAsync(TopicPartition partition, ReadOnlyMemory<byte> key, CancellationToken cancellationToken);

    /// <summary>Resolves a place to an offset in every partition of a topic.</summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition.</exception>
    ValueTask<IReadOnlyList<ListedOffset>> ListOffsetsAsync(string topic, OffsetSpec at, CancellationToken cancellationToken);

    /// <summary>Moves a partition's log start up; records before it can no longer be read. Returns the log start.</summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, OffsetOutOfRange (beyond the high watermark).</exception>
    ValueTask<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken);

    /// <summary>Stores positions of a group, durably and all or nothing. Fencing is the caller's business.</summary>
    /// <exception cref="BrokerException">StorageFailed, DiskFull.</exception>
    ValueTask CommitOffsetsAsync(string group, IReadOnlyList<CommittedOffset> offsets, CancellationToken cancellationToken);

    /// <summary>Every stored position of a group, of topics that still exist.</summary>
    ValueTask<IReadOnlyList<CommittedOffset>> FetchCommittedOffsetsAsync(string group, CancellationToken cancellationToken);

    /// <summary>Forgets a group's positions.</summary>
    ValueTask DeleteCommittedOffsetsAsync(string group, CancellationToken cancellationToken);
}
