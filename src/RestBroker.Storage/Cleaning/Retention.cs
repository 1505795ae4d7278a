using RestBroker.Core.Topics;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>Which segments have had their time. Pure: it looks at numbers and deletes nothing.</summary>
internal static class Retention
{
    /// <summary>
    /// How many segments from the first on may go. A segment goes when it is closed, wholly committed, and either lies below the log
    /// start, is older than <c>retention.ms</c>, or the log without it still has <c>retention.bytes</c>. One that stays keeps those after it.
    /// </summary>
    public static int CountExpired(
        SegmentList segments, LogSegment? active, TopicConfig config, long logStartOffset, long highWatermark, ClockReading now)
    {
        var excess = config.RetentionBytes is { } kept ? segments.Size - kept : 0;
        var count = 0;
        foreach (var segment in segments.All)
        {
            if (segment == active || segment.NextOffset > highWatermark) break;
            var isBelowStart = segment.NextOffset <= logStartOffset;
            var isExcess = MayDelete(config) && config.RetentionBytes is not null && excess >= segment.Size;
            if (!isBelowStart && !isExcess && !HasExpired(segment, config, now)) break;
            excess -= segment.Size;
            count++;
        }

        return count;
    }

    /// <summary>
    /// Whether every record is past <c>retention.ms</c>. The age counts from the later of the last append by the broker's clock and the
    /// greatest timestamp, so that an old log that is imported is not deleted at once. It is never more than what the monotonic clock has
    /// seen go by, so that a clock that is set ahead deletes nothing.
    /// </summary>
    public static bool HasExpired(LogSegment segment, TopicConfig config, ClockReading now) =>
        MayDelete(config)
        && config.Retention is { } retention
        && Math.Min(now.Wall - Math.Max(segment.LastAppendTime, segment.MaxTimestamp), now.Steady - segment.SteadyAppendTime) > retention.TotalMilliseconds;

    private static bool MayDelete(TopicConfig config) => config.CleanupPolicy.HasFlag(CleanupPolicy.Delete);
}
