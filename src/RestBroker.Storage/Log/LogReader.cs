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
internal readonly record struct LogSlice(byte[]? Buffer, int Count, OffsetRange? Corrupt = null, bool IsStale = false);

/// <summary>Reads a snapshot of segments without any lock; each read stays within one segment. Thread-safe.</summary>
internal static class LogReader
{
    private const int HeaderChunk = 4096;
    private const int RecordChunk = 256 * 1024;

    /// <summary>Whole batches from the one that holds the offset, or the first behind it; at least one, whatever its size.</summary>
    public static LogSlice Read(SegmentList segments, long offset, long limit, int maxBytes)
    {
        for (var i = segments.Floor(offset); i < segments.Count; i++)
        {
            var segment = segments[i];
            var end = Math.Min(limit, segment.NextOffset);
            if (Math.Max(offset, segment.BaseOffset) >= end) continue;
            if (!segment.File.TryRent(out var lease)) return new LogSlice(null, 0, null, IsStale: true);
            using (lease)
            {
                var slice = ReadSegment(segment, lease, offset, end, maxBytes);
                if (slice.Count > 0 || slice.Corrupt is not null) return slice;
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
    private static LogSlice ReadSegment(LogSegment segment, SegmentFile.Lease lease, long offset, long end, int maxBytes)
    {
        var size = segment.Size;
        if (TakeIndexed(segment, lease, offset, size, end, maxBytes) is { Count: > 0 } found) return found;
        using var window = new FileWindow(segment.File.Files, lease.Handle, HeaderChunk);
        foreach (var whole in (ReadOnlySpan<bool>)[false, true])
        {
            var walk = new SegmentWalk(window, size, end);
            Seek(walk, segment, offset - segment.BaseOffset);
            var step = walk.Next(whole);
            while ((step == WalkStep.Batch && walk.Batch.LastOffset < offset) || (step == WalkStep.Damage && whole && walk.Damaged.To <= offset))
                step = walk.Next(whole);
            if (step == WalkStep.End) return default;
            if (step == WalkStep.Damage && whole) return new LogSlice(null, 0, walk.Damaged with { From = Math.Max(walk.Damaged.From, offset) });
            if (step != WalkStep.Batch) continue;
            var wanted = Math.Max(walk.Position - walk.BatchPosition, Math.Min(maxBytes, size - walk.BatchPosition));
            if (Take(segment, lease, walk.BatchPosition, (int)wanted, new WholeBatches(walk.Batch.BaseOffset, end, maxBytes)) is { Count: > 0 } slice) return slice;
        }

        return default;
    }

    // Of large batches each has an index entry, and the next one's tells where it ends: one read is enough. Looking at headers on the way
    // costs two more, and on a disk what the kernel reads ahead at each.
    private static LogSlice TakeIndexed(LogSegment segment, SegmentFile.Lease lease, long offset, long size, long end, int maxBytes)
    {
        if (segment.Offsets.Holding(offset - segment.BaseOffset) is not { } entry) return default;
        var left = size - entry.Position;
        var batch = Math.Min(entry.End - entry.Position ?? left, Math.Min(left, BatchValidator.MaxBatchSize));
        if (batch < RecordBatch.HeaderSize) return default; // it was appended since
        var slice = Take(segment, lease, entry.Position, (int)Math.Max(batch, Math.Min(maxBytes, left)), new WholeBatches(null, end, maxBytes));
        if (slice.Count == 0) return default;
        var first = new RecordBatch(slice.Buffer.AsMemory(0, RecordBatch.HeaderSize));
        if (first.BaseOffset <= offset && first.LastOffset == segment.BaseOffset + entry.RelativeOffset) return slice;
        ArrayPool<byte>.Shared.Return(slice.Buffer!);
        return default;
    }

    // In pieces, and what is whole is checked while the processor still has it: a fetch may want many megabytes, and others wait for this
    // core meanwhile.
    private static LogSlice Take(LogSegment segment, SegmentFile.Lease lease, long position, int wanted, WholeBatches whole)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(wanted);
        for (var read = 0; read < wanted && !whole.IsOver;)
        {
            if (read > 0) Turns.YieldThread();
            var piece = Math.Min(FileStoreExtensions.PieceSize, wanted - read);
            var count = segment.File.Files.Read(lease.Handle, buffer.AsSpan(read, piece), position + read);
            read += count;
            whole.Take(buffer.AsMemory(0, read));
            if (count < piece) break;
        }

        if (whole.Size > 0) return new LogSlice(buffer, whole.Size);
        ArrayPool<byte>.Shared.Return(buffer);
        return default;
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
