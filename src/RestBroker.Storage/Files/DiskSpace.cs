namespace RestBroker.Storage.Files;

/// <summary>How large a file system is and how much of it is free for this program, in bytes.</summary>
internal readonly record struct DiskSpace(long Size, long Free);
