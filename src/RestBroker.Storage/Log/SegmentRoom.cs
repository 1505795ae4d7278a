using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Log;

/// <summary>
/// Room ahead of the active segment's end: zeros, where the next batches will lie. The sync of a file that has grown also waits until the
/// file system has noted its size and its new blocks in its journal, about as long as for the records themselves. Where a batch takes the
/// place of zeros there is nothing to note. What is large is written once. Caller holds the partition lock.
/// </summary>
internal sealed class SegmentRoom(LogHost host)
{
    /// <summary>The largest batch that room is made behind, in bytes.</summary>
    public const int LargestBatch = 16 * 1024;

    /// <summary>The most room, in bytes.</summary>
    public const int MostBytes = 1024 * 1024;

    // What a file system gives out at once. A segment that is smaller may stay so, and there may be ten thousand of them.
    private const int BlockSize = 4096;

    private static readonly byte[] Zeros = new byte[64 * 1024];

    private readonly int _most = Math.Min(host.PreallocateBytes, MostBytes);

    // Where the zeros end; not beyond the segment's end where there are none.
    private long _end;

    /// <summary>
    /// Whether the zeros that a walk has met are room, and the batch it was made behind: no more than there ever are, and no offset is missing.
    /// </summary>
    /// <param name="walk">After <see cref="WalkStep.Room"/>.</param>
    /// <param name="knownEnd">One past the last offset that the segment must hold, as far as anybody knows.</param>
    public static bool IsMet(SegmentWalk walk, long knownEnd)
    {
        var (size, zeros) = (walk.BatchPosition, walk.Position - walk.BatchPosition);
        return walk.Damaged.From >= knownEnd && size >= BlockSize && zeros <= LargestBatch + Math.Min(size, MostBytes);
    }

    /// <summary>How much of a batch at a segment's end lies beyond the room.</summary>
    public int Beyond(LogSegment segment, int batchSize) =>
        _end <= segment.Size ? batchSize : (int)Math.Max(segment.Size + batchSize - _end, 0);

    /// <summary>
    /// Makes room behind a batch that is about to be written at a segment's end, if it does not fit into what is left of the last: the sync
    /// of this one waits for the journal in any case. Without room on the disk none is made.
    /// </summary>
    public void MakeBehind(LogSegment segment, RecordBatch batch, TopicConfig config)
    {
        var from = segment.Size + batch.Size;
        if (from <= _end || batch.Size > LargestBatch || segment.Size < BlockSize) return;
        if (config.Durability == Core.Topics.Durability.Async) return; // nobody waits for a sync
        var end = Math.Min((from + Math.Min(segment.Size, _most)) & -BlockSize, config.SegmentBytes);
        if (end <= from || host.Admission?.TryTake((int)(end - from)) == false) return;
        try
        {
            Fill(segment.File, from, end);
            _end = end;
        }
        catch (Exception e) when (e.IsDiskFull() || e.IsFileTooLarge())
        {
            TryCut(segment);
        }
    }

    /// <summary>Cuts off what is left: the segment takes no more. Where that fails the next start does it.</summary>
    public void GiveBack(LogSegment segment)
    {
        if (_end > segment.Size) segment.TryRewind();
        _end = 0;
    }

    /// <summary>Cuts off whatever lies behind the last whole batch. False where the disk does not do that.</summary>
    public bool TryCut(LogSegment segment)
    {
        _end = 0;
        return segment.TryRewind();
    }

    private static void Fill(SegmentFile file, long from, long end)
    {
        using var lease = file.Rent();
        while (from < end)
        {
            var count = (int)Math.Min(Zeros.Length, end - from);
            file.Files.Write(lease.Handle, Zeros.AsSpan(0, count), from);
            from += count;
        }
    }
}
