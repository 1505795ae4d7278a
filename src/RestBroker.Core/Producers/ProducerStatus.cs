namespace RestBroker.Core.Producers;

/// <summary>A producer id and its current epoch: what fences whoever has an older one.</summary>
public readonly record struct ProducerIdentity(long ProducerId, short Epoch);

/// <summary>What a partition remembers of a producer.</summary>
/// <param name="Partition">The partition's number.</param>
/// <param name="Epoch">The epoch of its last batch there.</param>
/// <param name="NextSequence">The sequence that its next record there must have, in that epoch.</param>
/// <param name="Mark">Of an idempotency key: what its request was.</param>
public readonly record struct ProducerStatus(int Partition, short Epoch, int NextSequence, IdempotencyMark? Mark);
