using RestBroker.Storage.Durability;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// Brings what a start has read back to the disk before it is served: many logs by one sync of the file system and one more for their
/// checkpoints, since two syncs a log outlast all else that a start does. A failure that the file system has told of before, to a process
/// that is gone, each file is asked for. Where that is not possible, or fails, each is synced by itself: that tells whose failure it was.
/// </summary>
internal static class StartSync
{
    /// <param name="logs">All that were read back.</param>
    /// <param name="together">Syncs the file system; null where that is not possible.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    public static async Task RunAsync(IEnumerable<RecoveredLog> logs, FileSystemSync? together, CancellationToken cancellationToken)
    {
        List<RecoveredLog> unsynced = [.. logs.Where(log => log.IsUnsynced)];
        if (together is not null && unsynced.Count >= LogFlusher.MinTogether && TryRun(unsynced, together)) return;
        await Parallel.ForEachAsync(unsynced, cancellationToken, (log, _) =>
        {
            log.Finish();
            return ValueTask.CompletedTask;
        });
    }

    private static bool TryRun(List<RecoveredLog> logs, FileSystemSync together)
    {
        if (together.Run() is not null) return false;
        foreach (var log in logs)
        {
            log.NoteSynced();
            log.Save(sync: false);
        }

        if (logs.Any(log => log.IsSaveUnsynced) && together.Run() is not null) return false;
        foreach (var log in logs) log.NoteSaved();
        return true;
    }
}
