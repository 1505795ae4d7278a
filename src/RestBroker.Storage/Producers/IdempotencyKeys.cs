using RestBroker.Core.Producers;

namespace RestBroker.Storage.Producers;

/// <summary>The batch of an idempotency key.</summary>
/// <param name="BaseOffset">The offset of its first record.</param>
/// <param name="RecordCount">How many records it has.</param>
/// <param name="AppendTime">The broker's clock when it was appended, in ms.</param>
/// <param name="Timestamp">Its greatest timestamp, in ms.</param>
/// <param name="Mark">What its request was.</param>
internal readonly record struct KeyBatch(long BaseOffset, int RecordCount, long AppendTime, long Timestamp, IdempotencyMark Mark);

/// <summary>
/// The idempotency keys that one partition remembers, in the order in which they came: the oldest is forgotten first. Some 130 bytes
/// a key. The caller holds the state's lock.
/// </summary>
internal sealed class IdempotencyKeys
{
    private readonly Dictionary<long, KeyBatch> _batches = [];
    private readonly Queue<(long ProducerId, long BaseOffset)> _order = [];

    public int Count => _batches.Count;

    /// <summary>When the oldest key came, in ms; null where there is none.</summary>
    public long? OldestTime => _order.TryPeek(out var oldest) ? _batches[oldest.ProducerId].AppendTime : null;

    /// <summary>From the oldest to the newest.</summary>
    public IEnumerable<(long ProducerId, KeyBatch Batch)> All => _order.Where(IsCurrent).Select(entry => (entry.ProducerId, _batches[entry.ProducerId]));

    public KeyBatch? Find(long producerId) => _batches.TryGetValue(producerId, out var batch) ? batch : null;

    /// <summary>
    /// Adds a key. One that is there was forgotten and came again before the log was read once more: the later batch is the one that
    /// counts.
    /// </summary>
    public void Add(long producerId, in KeyBatch batch)
    {
        _batches[producerId] = batch;
        _order.Enqueue((producerId, batch.BaseOffset));
        DropOutdated();
    }

    /// <summary>Forgets the keys that came at or before a time; returns how many.</summary>
    public int ForgetUntil(long time)
    {
        var before = Count;
        while (OldestTime <= time) ForgetOldest();
        return before - Count;
    }

    public void ForgetBeyond(int count)
    {
        while (Count > count) ForgetOldest();
    }

    private void ForgetOldest()
    {
        _batches.Remove(_order.Dequeue().ProducerId);
        DropOutdated();
    }

    // What comes first is always one that counts.
    private void DropOutdated()
    {
        while (_order.TryPeek(out var oldest) && !IsCurrent(oldest)) _order.Dequeue();
    }

    private bool IsCurrent((long ProducerId, long BaseOffset) entry) =>
        _batches.TryGetValue(entry.ProducerId, out var batch) && batch.BaseOffset == entry.BaseOffset;
}
