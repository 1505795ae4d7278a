namespace RestBroker.Storage.Log;

/// <summary>A flush that has begun: what a log had written, and who waits for it.</summary>
internal sealed class PendingFlush(SegmentWriter writer, SegmentWriter.Unsynced taken, long target, TaskCompletionSource? round)
{
    public SegmentWriter.Unsynced Taken => taken;

    /// <summary>The log's end when it was taken note of.</summary>
    public long Target => target;

    public TaskCompletionSource? Round => round;

    /// <summary>Whether there was anything to sync when it began.</summary>
    public bool HadWork { get; } = taken.Segments.Last is { } last && last.SyncedSize < last.Size;

    /// <summary>
    /// What is committed once it is on the disk. A log that goes on at a reservation has no record just below its end: readers are told
    /// of the last one there is.
    /// </summary>
    public long CommittedOffset => Math.Min(target, taken.Segments.Last?.NextOffset ?? target);

    /// <summary>Syncs the log's own files. Returns the disk's failure.</summary>
    public Exception? TrySync() => Try(taken => writer.Sync(taken));

    /// <summary>After everything on the file system was synced: takes note of it. Returns the disk's failure.</summary>
    public Exception? TryNoteSynced() => Try(taken => writer.NoteSynced(taken));

    private Exception? Try(Action<SegmentWriter.Unsynced> sync)
    {
        try
        {
            sync(taken);
            return null;
        }
#pragma warning disable CA1031 // Whatever it was, nobody knows what is on the disk: those who wait are told, and the log is poisoned.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }
}
