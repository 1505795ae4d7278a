using RestBroker.Core.Records;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Keys;

namespace RestBroker.Storage.Log;

/// <summary>
/// A stretch of a log: one file of batches and what is known of it. Written under the partition lock; <see cref="Size"/>,
/// <see cref="NextOffset"/>, the indexes and the file may be read by anybody at any time.
/// </summary>
internal sealed class LogSegment(string directory, long baseOffset, OpenSegments open, string suffix = ".log")
{
    /// <summary>One index entry about every so many bytes.</summary>
    public const int IndexInterval = 4096;

    private readonly string _stem = Path.Combine(directory, $"{baseOffset:D20}");
    private readonly IFileStore _files = open.Files;
    private long _size;
    private long _nextOffset = baseOffset;
    private long _sealedSize = -1;
    private SegmentKeys? _keys;

    public long BaseOffset { get; } = baseOffset;

    public SegmentFile File { get; } = new(Path.Combine(directory, $"{baseOffset:D20}{suffix}"), open);

    /// <summary>Finds keys in it.</summary>
    public SegmentKeys Keys => LazyInitializer.EnsureInitialized(ref _keys, () => new SegmentKeys(this, _stem + KeyIndexFile.Suffix));

    public OffsetIndex Offsets { get; private set; } = new();

    public TimeIndex Times { get; private set; } = new();

    /// <summary>Bytes of whole batches.</summary>
    public long Size => Volatile.Read(ref _size);

    /// <summary>One past the last offset it holds, readable or not.</summary>
    public long NextOffset => Volatile.Read(ref _nextOffset);

    public int LeaderEpoch { get; private set; } = -1;

    /// <summary>The broker's clock at the first append, in ms.</summary>
    public long FirstAppendTime { get; private set; }

    /// <summary>The broker's clock at the last append, in ms.</summary>
    public long LastAppendTime { get; set; }

    /// <summary>
    /// The monotonic clock at the last append, in ms; of a segment that was there at the start, that clock less the age it had then.
    /// </summary>
    public long SteadyAppendTime { get; set; }

    /// <summary>The greatest timestamp, in ms; -1 before the first batch.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>Bytes that are known to be on the disk.</summary>
    public long SyncedSize
    {
        get => File.SyncedSize;
        set => File.SyncedSize = value;
    }

    /// <summary>How much was written since the indexes were last saved.</summary>
    public long UnsealedSize => Size - Math.Max(_sealedSize, 0);

    public bool IsSealed => _sealedSize == Size;

    private long OffsetOfMaxTimestamp { get; set; } = -1;

    /// <summary>Writes a batch at the end. After a failure the file may hold a part of it; see <see cref="TryRewind"/>.</summary>
    public void Append(RecordBatch batch, long now)
    {
        File.WrittenSize = _size + batch.Size;
        using (var lease = File.Rent()) _files.WriteInTurns(lease.Handle, batch.Bytes.Span, _size);
        Track(batch, now);
    }

    /// <summary>Takes note of a batch that lies at the end.</summary>
    public void Track(RecordBatch batch, long now)
    {
        if (_size == 0) FirstAppendTime = now;
        LastAppendTime = now;
        LeaderEpoch = batch.LeaderEpoch;
        if (batch.MaxTimestamp > MaxTimestamp)
        {
            MaxTimestamp = batch.MaxTimestamp;
            OffsetOfMaxTimestamp = batch.LastOffset;
        }

        // Kafka's rule, byte for byte: an index that is rebuilt equals the one that was lost.
        if (_size - Offsets.LastPosition > IndexInterval)
        {
            Offsets.Append((int)(batch.LastOffset - BaseOffset), (int)_size);
            Times.Append(MaxTimestamp, (int)(OffsetOfMaxTimestamp - BaseOffset));
        }

        // In this order: who sees the offset also sees the bytes.
        Volatile.Write(ref _size, _size + batch.Size);
        Volatile.Write(ref _nextOffset, batch.NextOffset);
    }

    /// <summary>What a start believes of its age: what the wall clock says, and that it does not lie in the future.</summary>
    public void NoteAge(ClockReading now) =>
        SteadyAppendTime = now.Steady - Math.Max(now.Wall - Math.Max(LastAppendTime, MaxTimestamp), 0);

    /// <summary>Counts bytes that cannot be read as belonging to the segment: they are rot, and stay where they are.</summary>
    public void TrackDamage(long size, long nextOffset)
    {
        Volatile.Write(ref _size, size);
        Volatile.Write(ref _nextOffset, Math.Max(nextOffset, _nextOffset));
    }

    /// <summary>The leader epoch of its first batch, as the file says; -1 where it does not.</summary>
    public int ReadFirstLeaderEpoch()
    {
        var header = new byte[RecordBatch.HeaderSize];
        using var lease = File.Rent();
        return _files.Read(lease.Handle, header, 0) == header.Length ? new RecordBatch(header).LeaderEpoch : -1;
    }

    /// <summary>Cuts off what lies behind the last whole batch. False where the disk does not do that.</summary>
    public bool TryRewind()
    {
        try
        {
            if (!_files.Exists(File.Path)) return true; // there was no room for the name: nothing was written
            using var lease = File.Rent();
            _files.Truncate(lease.Handle, _size);
            File.WrittenSize = _size;
            return true;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            return false;
        }
    }

    /// <summary>Whether a batch fits behind those that are there.</summary>
    public bool HasRoomFor(long nextOffset, int size, int segmentBytes) =>
        _size + size <= segmentBytes && nextOffset - BaseOffset <= int.MaxValue;

    /// <summary>What is known now; the checksums are made when it is saved.</summary>
    public SegmentSeal Describe() => new(
        BaseOffset, _size, _nextOffset, LeaderEpoch, FirstAppendTime, LastAppendTime, MaxTimestamp, OffsetOfMaxTimestamp,
        Offsets.Count, Times.Count, 0, 0);

    /// <summary>Notes the greatest timestamp, as Kafka does when a segment is closed. Caller holds the partition lock.</summary>
    public void Close()
    {
        _sealedSize = -1;
        if (MaxTimestamp >= 0) Times.Append(MaxTimestamp, (int)(OffsetOfMaxTimestamp - BaseOffset));
    }

    /// <summary>
    /// For a segment that compaction has made and synced: it is as old as what it was made from, and nobody but its maker saves its
    /// indexes until it has its name.
    /// </summary>
    public void TakeOver(long firstAppendTime, long lastAppendTime)
    {
        Close();
        (FirstAppendTime, LastAppendTime, SyncedSize, _sealedSize) = (firstAppendTime, lastAppendTime, _size, _size);
    }

    /// <summary>Saves the indexes and what is known of the first so many bytes, which are on the disk.</summary>
    public void Seal(SegmentSeal seal, bool sync)
    {
        // Half a megabyte for a large segment, and that again and again while it is written.
        using var offsets = new PooledBuffer(seal.OffsetEntries * OffsetIndex.EntrySize);
        using var times = new PooledBuffer(seal.TimeEntries * TimeIndex.EntrySize);
        Offsets.Write(offsets, seal.OffsetEntries);
        Times.Write(times, seal.TimeEntries);
        // Ten thousand small logs do without twenty thousand empty files.
        if (offsets.Length > 0) Save(".index", offsets.Written.Span, sync);
        if (times.Length > 0) Save(".timeindex", times.Written.Span, sync);
        Save(".seal", (seal with { OffsetCrc = Crc32C.Compute(offsets.Written.Span), TimeCrc = Crc32C.Compute(times.Written.Span) }).ToBytes(), sync);
        _sealedSize = seal.Size;
    }

    /// <summary>
    /// Takes over what was saved, if it fits the file and the offset at which the next one begins; the bytes behind it are to be scanned.
    /// </summary>
    public bool TryUnseal(long fileSize, long limit)
    {
        if (SegmentSeal.FromBytes(_files.ReadAll(_stem + ".seal", SegmentSeal.ByteSize)) is not { } seal
            || seal.BaseOffset != BaseOffset || seal.Size > fileSize || seal.NextOffset > limit)
            return false;
        if (Load(".index", seal.OffsetEntries, OffsetIndex.EntrySize, seal.OffsetCrc) is not { } offsets) return false;
        if (Load(".timeindex", seal.TimeEntries, TimeIndex.EntrySize, seal.TimeCrc) is not { } times) return false;
        Offsets = OffsetIndex.FromBytes(offsets);
        Times = TimeIndex.FromBytes(times);
        (_size, _nextOffset, _sealedSize, LeaderEpoch) = (seal.Size, seal.NextOffset, seal.Size, seal.LeaderEpoch);
        (FirstAppendTime, LastAppendTime) = (seal.FirstAppendTime, seal.LastAppendTime);
        (MaxTimestamp, OffsetOfMaxTimestamp) = (seal.MaxTimestamp, seal.OffsetOfMaxTimestamp);
        return true;
    }

    /// <summary>Forgets what was saved: the file is cut, and when it has grown again a seal of the old bytes must not fit the new ones.</summary>
    public void Unseal()
    {
        _sealedSize = -1;
        _files.Delete(_stem + ".seal");
        _files.Delete(_stem + KeyIndexFile.Suffix);
    }

    /// <summary>Removes its files; a reader that has begun finishes.</summary>
    public void Delete()
    {
        File.Delete();
        foreach (var suffix in (ReadOnlySpan<string>)[".index", ".timeindex", ".seal", KeyIndexFile.Suffix]) _files.Delete(_stem + suffix);
    }

    private void Save(string suffix, ReadOnlySpan<byte> bytes, bool sync)
    {
        using var file = _files.Open(_stem + suffix);
        _files.Write(file, bytes, 0);
        _files.Truncate(file, bytes.Length);
        if (sync) _files.Sync(file);
    }

    private byte[]? Load(string suffix, int entries, int entrySize, uint crc)
    {
        if (entries == 0) return [];
        var bytes = _files.ReadAll(_stem + suffix, checked(entries * entrySize));
        return bytes?.Length == entries * entrySize && Crc32C.Compute(bytes) == crc ? bytes : null;
    }
}
