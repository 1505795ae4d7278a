using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Log;

/// <summary>What a walk met.</summary>
internal enum WalkStep
{
    Batch,
    Damage,

    /// <summary>Zeros up to the file's end: room that was made for records, or what became of some that were lost.</summary>
    Room,
    End,
}

/// <summary>
/// Goes from batch to batch through a segment's file and tells what cannot be a part of it. Base offset, length and leader epoch lie
/// outside a batch's checksum, so each batch is also held against the one before: its offsets follow, or leave a gap in a later
/// leader epoch (the reservation after a power cut). Not thread-safe.
/// </summary>
/// <param name="window">The file.</param>
/// <param name="size">Bytes to walk.</param>
/// <param name="limit">No batch reaches beyond this offset; the greatest number where nobody knows how many there are.</param>
internal sealed class SegmentWalk(FileWindow window, long size, long limit)
{
    private const int ScanChunk = 64 * 1024;
    private const int MagicPosition = 16;

    // No crash leaves a larger gap in the offsets; a bound, so that bytes that look like a header are seldom worth a checksum.
    private const long MaxGap = 1L << 40;

    private int _leaderEpoch;

    /// <summary>Where the next batch is looked for.</summary>
    public long Position { get; private set; }

    /// <summary>The offset that is to follow.</summary>
    public long Expected { get; private set; }

    /// <summary>After <see cref="WalkStep.Batch"/>: where it lies.</summary>
    public long BatchPosition { get; private set; }

    /// <summary>After <see cref="WalkStep.Batch"/>: the batch, or its header alone if so asked; valid until the next step.</summary>
    public RecordBatch Batch { get; private set; }

    /// <summary>After <see cref="WalkStep.Damage"/> and <see cref="WalkStep.Room"/>: the offsets that cannot be read; the end is the limit where nothing follows.</summary>
    public OffsetRange Damaged { get; private set; }

    /// <summary>No batch reaches beyond this offset either, though the walk goes on: the next file begins there.</summary>
    public long BatchLimit { get; init; } = long.MaxValue;

    /// <summary>Whether a file begins with a whole batch that has this base offset.</summary>
    public static bool HasBatchAt(FileWindow window, long size, long baseOffset)
    {
        var walk = new SegmentWalk(window, size, long.MaxValue);
        return walk.TryBatch(0, baseOffset, whole: true, out var batch, out _) && batch.BaseOffset == baseOffset;
    }

    /// <summary>Whether bytes begin with what can be a batch's header, of a batch that fits into what is left of the file.</summary>
    public static bool TryHeader(Memory<byte> bytes, long left, out RecordBatch header, out long batchSize)
    {
        (header, batchSize) = (default, 0);
        if (bytes.Length < RecordBatch.HeaderSize) return false;
        batchSize = RecordBatch.SizeOf(bytes.Span);
        if (batchSize < RecordBatch.HeaderSize || batchSize > Math.Min(left, BatchValidator.MaxBatchSize)) return false;
        header = new RecordBatch(bytes[..RecordBatch.HeaderSize]);
        return bytes.Span[MagicPosition] == RecordBatch.CurrentMagic && header.BaseOffset >= 0 && header.NextOffset > header.BaseOffset;
    }

    /// <summary>Begins where a batch with this base offset lies or should lie.</summary>
    public void StartAt(long position, long expected, int leaderEpoch) =>
        (Position, Expected, _leaderEpoch) = (position, expected, leaderEpoch);

    /// <summary>Begins at a batch of which an index tells the last offset. False where there is no such batch.</summary>
    public bool TryStartAtEntry(long position, long lastOffset)
    {
        if (!TryHeader(position, out var header, out _) || header.LastOffset != lastOffset) return false;
        StartAt(position, header.BaseOffset, header.LeaderEpoch);
        return true;
    }

    /// <summary>To the next batch. Only a walk over whole batches looks at checksums.</summary>
    public WalkStep Next(bool whole)
    {
        if (Expected >= limit || (Position >= size && limit == long.MaxValue)) return WalkStep.End;
        BatchPosition = Position;
        if (TryBatch(Position, Expected, whole, out var batch, out var batchSize) && FollowsOn(batch))
        {
            Batch = batch;
            StartAt(Position + batchSize, batch.NextOffset, batch.LeaderEpoch);
            return WalkStep.Batch;
        }

        if (limit == long.MaxValue && IsZeroFrom(Position))
        {
            Damaged = new OffsetRange(Expected, limit);
            StartAt(size, limit, int.MaxValue);
            return WalkStep.Room;
        }

        var from = Expected;
        var next = Position >= size ? null : FindReadable(Position, batchSize);
        Damaged = new OffsetRange(from, next?.BaseOffset ?? limit);
        if (next is { } found) StartAt(found.Position, found.BaseOffset, int.MaxValue);
        else StartAt(size, limit, int.MaxValue);
        return WalkStep.Damage;
    }

    private bool IsZeroFrom(long position)
    {
        while (position < size)
        {
            var chunk = window.At(position, (int)Math.Min(ScanChunk, size - position)).Span;
            if (chunk.IsEmpty || chunk.ContainsAnyExcept((byte)0)) return false;
            position += chunk.Length;
        }

        return true;
    }

    private bool FollowsOn(RecordBatch batch) => batch.BaseOffset == Expected || batch.LeaderEpoch > _leaderEpoch;

    private bool TryHeader(long position, out RecordBatch header, out long batchSize)
    {
        (header, batchSize) = (default, 0);
        return size - position >= RecordBatch.HeaderSize
            && TryHeader(window.At(position, RecordBatch.HeaderSize), size - position, out header, out batchSize);
    }

    private bool TryBatch(long position, long minOffset, bool whole, out RecordBatch batch, out long batchSize)
    {
        if (!TryHeader(position, out batch, out batchSize)) return false;
        if (batch.BaseOffset < minOffset || batch.BaseOffset - minOffset > MaxGap || batch.NextOffset > Math.Min(limit, BatchLimit)) return false;
        if (!whole) return true;
        var bytes = window.At(position, (int)batchSize);
        return RecordBatch.TryRead(bytes, out batch) && batch.Size == batchSize && batch.IsCrcValid();
    }

    /// <summary>The next batch with a valid checksum. Where the length is right it is the neighbour; else every byte is tried.</summary>
    private (long Position, long BaseOffset)? FindReadable(long bad, long badSize)
    {
        if (badSize > 0 && TryBatch(bad + badSize, Expected, whole: true, out var neighbour, out _)) return (bad + badSize, neighbour.BaseOffset);
        for (var position = bad + 1; position <= size - RecordBatch.HeaderSize; position++)
        {
            // Look for the magic in a whole chunk before looking closer.
            var chunk = window.At(position + MagicPosition, (int)Math.Min(ScanChunk, size - position - MagicPosition)).Span;
            if (chunk.IsEmpty) return null;
            var skip = chunk.IndexOf(RecordBatch.CurrentMagic);
            if (skip < 0)
            {
                position += chunk.Length - 1;
                continue;
            }

            position += skip;
            if (TryBatch(position, Expected, whole: true, out var batch, out _)) return (position, batch.BaseOffset);
        }

        return null;
    }
}
