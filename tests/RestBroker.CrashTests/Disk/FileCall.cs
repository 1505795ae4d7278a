namespace RestBroker.CrashTests.Disk;

/// <summary>The calls that can fail.</summary>
internal enum FileCall
{
    Open,
    Read,
    Write,
    Truncate,
    Sync,
    SyncDirectory,
    Rename,
    Delete,
}
