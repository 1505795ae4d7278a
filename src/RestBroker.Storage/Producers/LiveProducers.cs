using System.Collections.Concurrent;

namespace RestBroker.Storage.Producers;

/// <summary>How much is remembered of producers, and for how long.</summary>
/// <param name="MaxProducers">Producers remembered by all partitions together; one that writes to two partitions counts twice.</param>
/// <param name="Expiration">A producer that has appended nothing to a partition for so long is forgotten there.</param>
/// <param name="MaxKeysPerTopic">Idempotency keys remembered of a topic.</param>
/// <param name="KeyWindow">For how long an idempotency key is remembered.</param>
internal sealed record ProducerLimits(int MaxProducers, TimeSpan Expiration, int MaxKeysPerTopic, TimeSpan KeyWindow)
{
    public static ProducerLimits Default { get; } = new(100_000, TimeSpan.FromDays(1), 1_000_000, TimeSpan.FromDays(1));
}

/// <summary>What the producer states of all logs share: their limits, how many there are, and the epochs that were raised. Thread-safe.</summary>
internal sealed class LiveProducers(ProducerLimits limits)
{
    private readonly ConcurrentDictionary<long, short> _epochs = new();
    private int _count;

    public ProducerLimits Limits { get; } = limits;

    /// <summary>By which producers and keys are forgotten.</summary>
    public PatientClock Clock { get; } = new();

    /// <summary>Producers remembered by all partitions together.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Ids whose epoch was raised.</summary>
    public int RaisedCount => _epochs.Count;

    /// <summary>The epoch below which a producer is fenced; 0 for an id whose epoch was never raised.</summary>
    public short EpochOf(long producerId) => _epochs.GetValueOrDefault(producerId);

    public void SetEpoch(long producerId, short epoch) => _epochs.AddOrUpdate(producerId, epoch, (_, old) => Math.Max(old, epoch));

    public void Add(int count) => Interlocked.Add(ref _count, count);
}
