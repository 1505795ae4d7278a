namespace RestBroker.Server.Contracts;

/// <summary>Where the batches of a request are now, in its order.</summary>
/// <param name="Batches">One receipt a batch; empty with <c>acks=none</c>.</param>
/// <param name="Duplicate">Whether all of them had been stored by an earlier try.</param>
public sealed record ProduceBatchesResponse(IReadOnlyList<BatchReceiptResponse> Batches, bool Duplicate);

/// <summary>Where a batch is.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="BaseOffset">The offset of its first record.</param>
/// <param name="LastOffset">The offset of its last record.</param>
/// <param name="Count">How many records it has.</param>
/// <param name="Timestamp">The greatest timestamp of its records in ms since 1970; the append time where the topic has that.</param>
/// <param name="Duplicate">Whether it had been stored before: these are the offsets of the first time.</param>
public readonly record struct BatchReceiptResponse(int Partition, long BaseOffset, long LastOffset, int Count, long Timestamp, bool Duplicate);
