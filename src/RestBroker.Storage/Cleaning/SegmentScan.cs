using RestBroker.Core.Records;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>Reads a closed segment from its start to its end, every checksum looked at, at the pace that compaction keeps.</summary>
internal static class SegmentScan
{
    private const int ReadChunk = 1024 * 1024;

    /// <summary>Gives every batch until one is refused. False where some of the segment cannot be read; the rest was given.</summary>
    public static bool Run(LogSegment segment, CompactionPace pace, Func<RecordBatch, bool> take, CancellationToken cancellationToken)
    {
        using var lease = segment.File.Rent();
        using var window = new FileWindow(segment.File.Files, lease.Handle, ReadChunk);
        var walk = new SegmentWalk(window, segment.Size, segment.NextOffset);
        walk.StartAt(0, segment.BaseOffset, int.MaxValue);
        var isWhole = true;
        for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (step == WalkStep.Damage)
            {
                isWhole = false;
                continue;
            }

            pace.Spend(walk.Batch.Size, cancellationToken);
            if (!take(walk.Batch)) break;
        }

        return isWhole;
    }
}
