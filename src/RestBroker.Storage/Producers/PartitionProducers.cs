using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Producers;

/// <summary>
/// The producers of one partition and the snapshot of them on the disk. Thread-safe; that a batch is checked, appended and taken note of
/// in one go is the business of the partition's lock, and one thread at a time saves.
/// </summary>
/// <param name="partition">The partition's number.</param>
/// <param name="state">What is known of its producers.</param>
/// <param name="snapshots">Where that is saved.</param>
/// <param name="saved">The offset of the newest snapshot, and how many bytes of batches follow it.</param>
internal sealed class PartitionProducers(int partition, ProducerState state, SnapshotFiles snapshots, (long Offset, long BytesBehind) saved)
{
    /// <summary>So many bytes of batches behind the last snapshot are worth another, whatever its size: a start reads them again.</summary>
    public const long SaveEvery = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private (long Offset, byte[] Bytes)? _taken;
    private long _savedOffset = saved.Offset;
    private long _bytesBehind = saved.BytesBehind;

    /// <summary>What follows from the batches before this offset is on the disk.</summary>
    public long SavedOffset => Volatile.Read(ref _savedOffset);

    public int KeyCount
    {
        get
        {
            lock (_gate) return state.Keys.Count;
        }
    }

    /// <summary>When the oldest idempotency key came, in ms; null where there is none.</summary>
    public long? OldestKeyTime
    {
        get
        {
            lock (_gate) return state.Keys.OldestTime;
        }
    }

    /// <summary>See <see cref="ProducerState.FindFirst"/>.</summary>
    public ProducerBatch? FindFirst(RecordBatch batch, IdempotencyMark? mark)
    {
        if (batch.ProducerId < 0) return null;
        lock (_gate) return state.FindFirst(batch, mark);
    }

    public void Add(RecordBatch batch, IdempotencyMark? mark, long now)
    {
        _bytesBehind += batch.Size;
        if (batch.ProducerId < 0) return;
        lock (_gate) state.Add(batch, mark, now);
    }

    public ProducerStatus? Find(long producerId)
    {
        lock (_gate) return state.Find(partition, producerId);
    }

    /// <summary>Whether a batch of the log is the last of a live producer. Compaction keeps such a batch's header, even without its records.</summary>
    public bool IsLastBatchOfProducer(RecordBatch batch)
    {
        if (batch.ProducerId < 0) return false;
        lock (_gate) return state.IsLastBatch(batch);
    }

    public void Expire(long now)
    {
        lock (_gate) state.Expire(now);
    }

    /// <summary>Forgets the idempotency keys that came at or before a time; returns how many.</summary>
    public int ForgetKeysUntil(long time)
    {
        lock (_gate) return state.Keys.ForgetUntil(time);
    }

    /// <summary>Forgets all: the log is gone.</summary>
    public void Clear()
    {
        lock (_gate) state.Clear();
    }

    /// <summary>
    /// Takes down the state as it is at the log end, unless that is more to write than it spares a start to read. The caller holds the
    /// partition lock.
    /// </summary>
    public void TakeSnapshotIfWorthIt(long nextOffset)
    {
        lock (_gate)
        {
            if (_bytesBehind < SaveEvery && ProducerSnapshot.SizeOf(state) > Math.Max(_bytesBehind, SnapshotFiles.AlwaysWorthIt)) return;
        }

        TakeSnapshot(nextOffset);
    }

    /// <summary>Takes down the state as it is at the log end. The caller holds the partition lock.</summary>
    public void TakeSnapshot(long nextOffset)
    {
        if (nextOffset == SavedOffset) return;
        lock (_gate) _taken = (nextOffset, ProducerSnapshot.Write(state, snapshots.Owner, nextOffset));
        _bytesBehind = 0;
    }

    /// <summary>
    /// Saves what was taken down. Call it once the batches it follows from are on the disk. A cache: where the disk has trouble the log
    /// tells the same, for as long as it is not trimmed.
    /// </summary>
    /// <param name="sync">Whether it is on the disk on return; otherwise with the file system's next sync.</param>
    public void TrySaveSnapshot(bool sync)
    {
        if (_taken is not var (offset, bytes)) return;
        _taken = null;
        try
        {
            snapshots.Save(offset, bytes, sync);
            if (sync) Volatile.Write(ref _savedOffset, offset);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            // The next seal comes with another.
        }
    }
}
