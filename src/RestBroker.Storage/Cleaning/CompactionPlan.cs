using RestBroker.Core.Topics;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>What of a log compaction may touch, and whether it is worth it. Pure: it looks at numbers and changes nothing.</summary>
/// <param name="Cleanable">Closed segments from the log start on that are on the disk, committed and past the compaction lag.</param>
/// <param name="FirstDirtyOffset">Where the part begins that was never compacted.</param>
/// <param name="DirtyRatio">The share of that part among the bytes of these segments, 0..1.</param>
internal sealed record CompactionPlan(IReadOnlyList<LogSegment> Cleanable, long FirstDirtyOffset, double DirtyRatio)
{
    /// <summary>One past the last offset that may be compacted.</summary>
    public long End => Cleanable.Count == 0 ? 0 : Cleanable[^1].NextOffset;

    public static CompactionPlan Make(
        IEnumerable<LogSegment> closed, TopicConfig config, long firstDirtyOffset, long highWatermark, long now)
    {
        List<LogSegment> cleanable = [.. closed.TakeWhile(segment =>
            segment.NextOffset <= highWatermark && segment.SyncedSize == segment.Size && !IsYoung(segment, config, now))];
        var first = cleanable.Count == 0 ? 0 : Math.Max(firstDirtyOffset, cleanable[0].BaseOffset);
        double dirty = cleanable.Where(segment => segment.NextOffset > first).Sum(segment => segment.Size);
        return new CompactionPlan(cleanable, first, dirty == 0 ? 0 : dirty / cleanable.Sum(segment => segment.Size));
    }

    /// <summary>Kafka's rule: there is something to do, and it is more than the share that the topic asks for.</summary>
    public bool IsDue(TopicConfig config) => DirtyRatio > config.MinCleanableDirtyRatio;

    /// <summary>How many segments from one on become one file: together not larger than a segment, and with 31 bits for its offsets.</summary>
    public static int CountGroup(IReadOnlyList<LogSegment> segments, int first, int segmentBytes)
    {
        long bytes = 0;
        var end = first;
        for (; end < segments.Count; end++)
        {
            bytes += segments[end].Size;
            var isTooLarge = bytes > segmentBytes || segments[end].NextOffset - segments[first].BaseOffset > int.MaxValue;
            if (end > first && isTooLarge) break;
        }

        return end - first;
    }

    // As with retention: by the broker's clock or by the records' own, whichever is the later.
    private static bool IsYoung(LogSegment segment, TopicConfig config, long now) =>
        now - Math.Max(segment.LastAppendTime, segment.MaxTimestamp) < config.MinCompactionLag.TotalMilliseconds;
}
