using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Producers;

/// <summary>
/// What a partition remembers of its producers, so that each of their batches is stored once: of a counted producer the epoch and the last
/// five batches, of an idempotency key its one batch. It follows from the log, and from a snapshot where the log was trimmed. The caller
/// sees to it that one thread uses it at a time.
/// </summary>
internal sealed class ProducerState(LiveProducers live)
{
    private readonly Dictionary<long, ProducerEntry> _producers = [];

    public IReadOnlyDictionary<long, ProducerEntry> Producers => _producers;

    public IdempotencyKeys Keys { get; } = new();

    private ProducerLimits Limits => live.Limits;

    /// <summary>Where an equal batch is in the log; null: this one is to be appended.</summary>
    /// <exception cref="BrokerException">ProducerFenced, OutOfOrderSequence, DuplicateSequence, IdempotencyKeyReused, LimitReached.</exception>
    public ProducerBatch? FindFirst(RecordBatch batch, IdempotencyMark? mark)
    {
        if (ProducerIds.IsOfKey(batch.ProducerId)) return FindFirstOfKey(batch, mark);
        return ProducerIds.IsCounted(batch.ProducerId) ? FindFirstOfProducer(batch) : null;
    }

    /// <summary>Takes note of a batch that is in the log.</summary>
    public void Add(RecordBatch batch, IdempotencyMark? mark, long now)
    {
        if (ProducerIds.IsOfKey(batch.ProducerId))
        {
            Keys.Add(batch.ProducerId, new KeyBatch(batch.BaseOffset, batch.LastOffsetDelta + 1, now, batch.MaxTimestamp, mark ?? default));
            Keys.ForgetBeyond(Limits.MaxKeysPerTopic);
        }
        else if (ProducerIds.IsCounted(batch.ProducerId))
        {
            Add(batch.ProducerId, batch.ProducerEpoch, ProducerBatch.Of(batch), now);
        }
    }

    /// <summary>Takes note of one of a producer's batches, in their order.</summary>
    public void Add(long producerId, short epoch, in ProducerBatch batch, long now)
    {
        if (!_producers.TryGetValue(producerId, out var entry))
        {
            _producers[producerId] = entry = new ProducerEntry(epoch);
            live.Add(1);
        }

        entry.Add(epoch, batch);
        entry.LastAppendTime = now;
    }

    /// <summary>What is known of a producer; null = nothing.</summary>
    public ProducerStatus? Find(int partition, long producerId)
    {
        if (Keys.Find(producerId) is { } key) return new ProducerStatus(partition, 0, key.RecordCount, key.Mark);
        return _producers.TryGetValue(producerId, out var entry) ? new ProducerStatus(partition, entry.Epoch, entry.NextSequence, null) : null;
    }

    /// <summary>Whether a batch in the log is what a live producer is known by: cleaning must keep its header.</summary>
    public bool IsLastBatch(RecordBatch batch) =>
        Keys.Find(batch.ProducerId) is { } key ? key.BaseOffset == batch.BaseOffset
        : _producers.TryGetValue(batch.ProducerId, out var entry) && entry.IsLast(batch);

    /// <summary>Forgets who has been silent for too long.</summary>
    public void Expire(long now)
    {
        Keys.ForgetUntil(now - (long)Limits.KeyWindow.TotalMilliseconds);
        var deadline = now - (long)Limits.Expiration.TotalMilliseconds;
        foreach (var (producerId, entry) in _producers)
        {
            if (entry.LastAppendTime <= deadline && _producers.Remove(producerId)) live.Add(-1);
        }
    }

    public void Clear()
    {
        live.Add(-_producers.Count);
        _producers.Clear();
        Keys.ForgetBeyond(0);
    }

    private ProducerBatch? FindFirstOfKey(RecordBatch batch, IdempotencyMark? mark)
    {
        if (mark is null || batch.ProducerEpoch != 0 || batch.BaseSequence != 0)
            throw new BrokerException(BrokerError.InvalidRecord, $"A batch of an idempotency key has epoch 0, sequence 0 and the header {IdempotencyMark.HeaderName}.");
        if (Keys.Find(batch.ProducerId) is not { } first) return null;
        if (first.Mark.Hash != mark.Value.Hash) throw ProducerRefusal.KeyReused();
        return new ProducerBatch(0, first.RecordCount - 1, first.BaseOffset, first.Timestamp);
    }

    private ProducerBatch? FindFirstOfProducer(RecordBatch batch)
    {
        var (id, epoch) = (batch.ProducerId, batch.ProducerEpoch);
        _producers.TryGetValue(id, out var entry);
        var current = Math.Max(live.EpochOf(id), entry?.Epoch ?? 0);
        if (epoch < current) throw ProducerRefusal.Fenced(id, epoch, current);

        var known = entry?.Epoch == epoch ? entry : null;
        var expected = known?.NextSequence ?? 0;
        var (first, last) = (batch.BaseSequence, ProducerSequence.Add(batch.BaseSequence, batch.LastOffsetDelta));
        if (known?.Find(first, last) is { } stored) return stored;
        if (first != expected)
        {
            throw known is not null && ProducerSequence.IsBehind(first, expected)
                ? ProducerRefusal.Duplicate(id, first, expected)
                : ProducerRefusal.OutOfOrder(id, first, expected);
        }

        if (entry is null && live.Count >= Limits.MaxProducers) throw ProducerRefusal.TooMany(Limits.MaxProducers);
        return null;
    }
}
