using Microsoft.Win32.SafeHandles;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// A log that the start has read back. What it keeps has to be on the disk before it is served, and before its checkpoint tells of it: two
/// steps, so that many logs can share the sync of each. Not thread-safe.
/// </summary>
internal sealed class RecoveredLog(PartitionLog log, LogMemory memory, IFileStore files, string directory)
{
    public PartitionLog Log => log;

    /// <summary>Whether some of it may not be on the disk: the last run did not end in order.</summary>
    public bool IsUnsynced { get; init; }

    /// <summary>Everything below is on the disk once it has been synced.</summary>
    public required long RecoveryPoint { get; init; }

    /// <summary>Whether the checkpoint was written and is not on the disk.</summary>
    public bool IsSaveUnsynced => memory.IsOld;

    /// <summary>Both steps for a log by itself: on return what it keeps is on the disk.</summary>
    public PartitionLog Finish()
    {
        if (!IsUnsynced) return log;
        EndSync(files.Sync);
        files.SyncDirectory(directory);
        memory.RecoveryPoint = RecoveryPoint;
        Save(sync: true);
        return log;
    }

    /// <summary>The file system was synced since it was read back. Fails where a file of its own could not be.</summary>
    public void NoteSynced()
    {
        EndSync(files.CheckWrittenBack);
        memory.CheckWrittenBack();
        memory.RecoveryPoint = RecoveryPoint;
    }

    /// <summary>Notes in the checkpoint what is on the disk, and the offset at which the log goes on. Without a sync the caller syncs the file system.</summary>
    public void Save(bool sync)
    {
        if (log.NextOffset > log.HighWatermark.Value) memory.SaveFloor(log.NextOffset, sync);
        else if (memory.IsOld) memory.Save(log.NextOffset, sync);
    }

    /// <summary>The file system was synced after the checkpoint was written.</summary>
    public void NoteSaved() => memory.NoteSynced();

    private void EndSync(Action<SafeFileHandle> sync)
    {
        foreach (var segment in log.Segments.All)
        {
            if (segment.SyncedSize == segment.Size) continue;
            using var lease = segment.File.Rent();
            FileStoreExtensions.Naming(segment.File.Path, lease.Handle, sync);
            segment.SyncedSize = segment.Size;
        }
    }
}
