using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>
/// Every system call of the log, and the one seam where tests make a disk fail. Thread-safe. A failure is an
/// <see cref="IOException"/> or an <see cref="UnauthorizedAccessException"/>.
/// </summary>
internal interface IFileStore
{
    /// <summary>This boot of the machine: what was written and not synced is there as long as it stays the same. Empty where nobody knows.</summary>
    Guid BootId { get; }

    /// <summary>Opens a file to read and write, made if it is not there. A new name is durable after <see cref="SyncDirectory"/>.</summary>
    SafeFileHandle Open(string path);

    /// <summary>Opens a file that no other process or handle may hold at the same time.</summary>
    SafeFileHandle OpenExclusively(string path);

    /// <summary>Fills the target from a position; returns fewer bytes only where the file ends.</summary>
    int Read(SafeFileHandle file, Span<byte> target, long position);

    /// <summary>
    /// The same of what memory holds. False where the disk would have to be waited for: then the kernel has begun to read as a rule. Where
    /// the system cannot tell, the disk is waited for.
    /// </summary>
    bool TryRead(SafeFileHandle file, Span<byte> target, long position, out int count);

    /// <summary>Writes all of the source at a position.</summary>
    void Write(SafeFileHandle file, ReadOnlySpan<byte> source, long position);

    long Length(SafeFileHandle file);

    void Truncate(SafeFileHandle file, long length);

    /// <summary>Returns once the file's data is on the disk. After a failure nobody knows what is: never try again.</summary>
    void Sync(SafeFileHandle file);

    /// <summary>
    /// Returns once everything on the file system that holds an open file is on the disk, whoever wrote it. A failure since the file was
    /// opened or the call was last made is told once, and not whose it was: never try again.
    /// </summary>
    void SyncFileSystem(SafeFileHandle file);

    /// <summary>
    /// Fails where the file's data could not be brought to the disk and nobody has been told by this file: a failure that
    /// <see cref="SyncFileSystem"/> has told of once, to another process even, is still the file's own. Syncs nothing.
    /// </summary>
    void CheckWrittenBack(SafeFileHandle file);

    /// <summary>The device of a directory's file system, if <see cref="SyncFileSystem"/> is known to tell of failures there; else null.</summary>
    long? SyncableDevice(string directory);

    /// <summary>The size of a directory's file system and what of it a program may still use.</summary>
    DiskSpace Space(string directory);

    /// <summary>How many files the process may have open; null where nobody tells.</summary>
    long? DescriptorLimit { get; }

    /// <summary>Returns once the directory's names are on the disk.</summary>
    void SyncDirectory(string path);

    void Rename(string from, string to);

    bool Exists(string path);

    void Delete(string path);

    void CreateDirectory(string path);

    void DeleteDirectory(string path);

    /// <summary>Full paths of the files in a directory; none where it does not exist.</summary>
    IReadOnlyList<string> Files(string directory);

    /// <summary>Full paths of the directories in a directory; none where it does not exist.</summary>
    IReadOnlyList<string> Directories(string directory);
}
