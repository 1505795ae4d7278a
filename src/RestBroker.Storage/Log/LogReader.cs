using System.Buffers;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Log;

/// <summary>What a read found: batches in rented memory, a range that cannot be read, or nothing.</summary>
/// <param name="Buffer">From the shared pool; the receiver gives it back. Null where there are no batches.</param>
/// <param name="Count">Bytes of whole batches at the buffer's start.</param>
/// <param name="Corrupt">The range at which the read had to stop.</param>
/// <param name="IsStale">The snapshot has aged: a segment was deleted, take a new one.</param>
/// <param name="IsOnDisk">Memory does not hold it, and the disk was not to be waited for.</param>
internal readonly record struct LogSlice(byte[]? Buffer, int Count, OffsetRange? Corrupt = null, bool IsStale = false, bool IsOnDisk = false)
{
    /// <summary>Nothing, for want of the disk.</summary>
    public static LogSlice OnDisk => new(null, 0, IsOnDisk: true);

    /// <summary>Whether the read ends here, rather than go on to the next segment.</summary>
    public bool IsAnswer => Count > 0 || Corrupt is not null || IsOnDisk;
}

/// <summary>Reads a snapshot of segments without any lock; each read stays within one segment. Thread-safe.</summary>
internal static class LogReader
{
    private const int HeaderChunk = 4096;
    private const int RecordChunk = 256 * 1024;

    /// <summary>Whole batches from the one that holds the offset, or the first behind it; at least one, whatever its size.</summary>
    public static LogSlice Read(SegmentList segments, ReadWish wish)
    {
        for (var i = segments.Floor(wish.Offset); i < segments.Count; i++)
        {
            var segment = segments[i];
            var end = Math.Min(wish.Limit, segment.NextOffset);
            if (Math.Max(wish.Offset, segment.BaseOffset) >= end) continue;
            if (!segment.File.TryRent(out var lease)) return new LogSlice(null, 0, null, IsStale: true);
            using (lease)
            {
                if (ReadSegment(segment, lease, wish with { Limit = end }) is { IsAnswer: true } slice) return slice;
            }
        }

        return default;
    }

    /// <summary>
    /// The first record at or behind an offset whose timestamp is this or later; null where there is none, stale where the snapshot has
    /// aged.
    /// </summary>
    public static (long Offset, long Timestamp)? FindTimestamp(
        SegmentList segments, long offset, long limit, long timestamp, out bool isStale)
    {
        isStale = false;
        foreach (var segment in segments.All)
        {
            var end = Math.Min(limit, segment.NextOffset);
            if (end <= offset || segment.MaxTimestamp < timestamp) continue;
            if (!segment.File.TryRent(out var lease))
            {
                isStale = true;
                return null;
            }

            using (lease)
            using (var window = new FileWindow(segment.File.Files, lease.Handle, RecordChunk))
            {
                var walk = new SegmentWalk(window, segment.Size, end);
                Seek(walk, segment, Math.Max(offset - segment.BaseOffset, segment.Times.LastOffsetBefore(timestamp)));
                for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
                {
                    if (step == WalkStep.Damage || walk.Batch.MaxTimestamp < timestamp || walk.Batch.LastOffset < offset) continue;
                    if (FindRecord(walk.Batch, offset, timestamp) is { } found) return found;
                }
            }
        }

        return null;
    }

    // Hopping over headers is quick, and believes lengths that no checksum covers. Where it leads to anything odd, every checksum on the
    // way is looked at, so that one bad batch does not hide its neighbours.
    private static LogSlice ReadSegment(LogSegment segment, SegmentFile.Lease lease, ReadWish wish)
    {
        var size = segment.Size;
        if (TakeIndexed(segment, lease, size, wish) is { IsAnswer: true } found) return found;
        using var window = new FileWindow(segment.File.Files, lease.Handle, HeaderChunk, wish.MayWait);
        foreach (var whole in (ReadOnlySpan<bool>)[false, true])
        {
            if (whole && !wish.MayWait) return LogSlice.OnDisk; // as much as that is not for who is in a hurry
            var walk = new SegmentWalk(window, size, wish.Limit);
            Seek(walk, segment, wish.Offset - segment.BaseOffset);
            var step = walk.Next(whole);
            while ((step == WalkStep.Batch && walk.Batch.LastOffset < wish.Offset) || (step == WalkStep.Damage && whole && walk.Damaged.To <= wish.Offset))
                step = walk.Next(whole);
            if (window.IsOnDisk) return LogSlice.OnDisk;
            if (step == WalkStep.End) return default;
            if (step == WalkStep.Damage && whole) return new LogSlice(null, 0, walk.Damaged with { From = Math.Max(walk.Damaged.From, wish.Offset) });
            if (step != WalkStep.Batch) continue;
            var batch = new ExpectedBatch(
                walk.BatchPosition, size - walk.BatchPosition, (int)(walk.Position - walk.BatchPosition), walk.Batch.BaseOffset, walk.Batch.LastOffset);
            if (Take(segment, lease, batch, wish) is { IsAnswer: true } slice) return slice;
        }

        return default;
    }

    // Of large batches each has an index entry, and the next one's tells where it ends: one read is enough. Looking at headers on the way
    // costs two more, and on a disk what the kernel reads ahead at each.
    private static LogSlice TakeIndexed(LogSegment segment, SegmentFile.Lease lease, long size, ReadWish wish)
    {
        if (segment.Offsets.Holding(wish.Offset - segment.BaseOffset) is not { } entry || entry.Position >= size) return default;
        var left = size - entry.Position;
        var about = Math.Min(entry.End - entry.Position ?? left, Math.Min(left, FileStoreExtensions.PieceSize));
        var batch = new ExpectedBatch(entry.Position, left, (int)about, wish.Offset, segment.BaseOffset + entry.RelativeOffset);
        try
        {
            return Take(segment, lease, batch, wish);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            return default; // it may have been a neighbour's
        }
    }

    // In pieces, and what is whole is checked while the processor still has it: a fetch may want many megabytes, and others wait for this
    // core meanwhile.
    private static LogSlice Take(LogSegment segment, SegmentFile.Lease lease, in ExpectedBatch batch, in ReadWish wish)
    {
        var more = (int)Math.Min(wish.MaxBytes, batch.Left);
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(batch.Size, more));
        var piece = Math.Min(FileStoreExtensions.PieceSize, Math.Max(batch.Size, more));
        if (!TryRead(segment, lease, buffer.AsSpan(0, piece), batch.Position, wish, out var read)) return GiveBack(buffer, LogSlice.OnDisk);
        if (!batch.IsIn(buffer.AsMemory(0, read), out var header, out var size)) return GiveBack(buffer, default);
        var wanted = (int)Math.Max(size, more);
        if (wanted > buffer.Length) buffer = Grow(buffer, read, wanted);
        var whole = new WholeBatches(header.BaseOffset, wish.Limit, wish.MaxBytes);
        whole.Take(buffer.AsMemory(0, read));
        while (read < wanted && !whole.IsOver)
        {
            Turns.YieldThread();
            piece = Math.Min(FileStoreExtensions.PieceSize, wanted - read);
            if (!TryRead(segment, lease, buffer.AsSpan(read, piece), batch.Position + read, wish, out var count)) return GiveBack(buffer, LogSlice.OnDisk);
            if (count == 0) break;
            read += count;
            whole.Take(buffer.AsMemory(0, read));
        }

        return whole.Size > 0 ? new LogSlice(buffer, whole.Size) : GiveBack(buffer, default);
    }

    private static bool TryRead(LogSegment segment, SegmentFile.Lease lease, Span<byte> target, long position, in ReadWish wish, out int count)
    {
        var files = segment.File.Files;
        if (!wish.MayWait) return files.TryRead(lease.Handle, target, position, out count);
        count = files.Read(lease.Handle, target, position);
        return true;
    }

    private static byte[] Grow(byte[] buffer, int count, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        buffer.AsSpan(0, count).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    private static LogSlice GiveBack(byte[] buffer, LogSlice slice)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        return slice;
    }

    // An index entry that leads to no such batch is either stale or leads to damage: then the segment is walked from its start.
    internal static void Seek(SegmentWalk walk, LogSegment segment, long relativeOffset)
    {
        if (segment.Offsets.Floor(relativeOffset) is { } entry
            && walk.TryStartAtEntry(entry.Position, segment.BaseOffset + entry.RelativeOffset)) return;
        walk.StartAt(0, segment.BaseOffset, int.MaxValue);
    }

    private static (long Offset, long Timestamp)? FindRecord(RecordBatch batch, long offset, long timestamp)
    {
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Offset >= offset && record.Timestamp >= timestamp) return (record.Offset, record.Timestamp);
            }
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            // The checksum holds and the records do not: a producer's mistake. Its readers are told; a search goes on.
        }

        return null;
    }
}
