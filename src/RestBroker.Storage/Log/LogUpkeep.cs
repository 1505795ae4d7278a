using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Log;

/// <summary>What is done to the segments of a log beside appending: old ones go, cleaned ones take the place of others. Thread-safe.</summary>
internal sealed class LogUpkeep(LogState state, LogCommits commits, LogMemory memory, PartitionProducers producers, HighWatermark highWatermark, LogHost host)
{
    private SegmentWriter Writer => state.Writer;

    /// <summary>The segments that take no more, for compaction; none where the log is closed or poisoned.</summary>
    public LogSegment[] CloseOld()
    {
        lock (state.Gate) return state.IsLive ? Writer.CloseOld(state.Config, host.NowMilliseconds) : [];
    }

    /// <summary>Puts a cleaned segment in the place of its sources: readers find it from now on. False where the log is closed.</summary>
    public bool TryReplace(IReadOnlyList<LogSegment> replaced, LogSegment cleaned)
    {
        var isReplaced = false;
        commits.BetweenFlushes(() =>
        {
            lock (state.Gate)
            {
                if (isReplaced = state.IsLive) Writer.Replace(replaced, cleaned);
            }
        });
        return isReplaced;
    }

    /// <summary>Drops whole closed segments that have had their time; returns how many. Not beside a compaction.</summary>
    public int DropExpired()
    {
        LogSegment[] expired = [];
        producers.Expire(host.Producers.Clock.Read(host.Time));
        lock (state.Gate)
        {
            if (state.IsLive) expired = Writer.FindExpired(state.Config, memory.LogStartOffset, highWatermark.Value);
        }

        // What the segments tell of producers is elsewhere on the disk before they go; a disk that is full makes room first.
        if (expired.Length == 0 || !TrySaveProducers(expired[^1].NextOffset)) return 0;
        // The start is durable before the first file goes, so that a crash in between leaves no offset to be given out twice.
        memory.RaiseLogStart(expired[^1].NextOffset);
        lock (state.Gate) Writer.RemoveFirst(expired.Length);
        foreach (var segment in expired) segment.Delete();
        TrySaveProducers(expired[^1].NextOffset);
        highWatermark.WakeAll();
        return expired.Length;
    }

    private bool TrySaveProducers(long upTo) => producers.SavedOffset >= upTo || commits.TrySaveProducers();
}
