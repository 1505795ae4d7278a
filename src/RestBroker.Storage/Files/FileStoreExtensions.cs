using Microsoft.Win32.SafeHandles;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Files;

/// <summary>What is made of several calls.</summary>
internal static class FileStoreExtensions
{
    private const int DiskFull = 28;
    private const int FileTooLarge = 27;
    private const int QuotaExceeded = 122;
    private const int ProcessHasTooManyFiles = 24;
    private const int SystemHasTooManyFiles = 23;
    private const int CopyChunk = 1024 * 1024;

    /// <summary>The most that a call reads or writes of a segment, in bytes: the kernel keeps the core while it copies. A usual batch is less.</summary>
    public const int PieceSize = 256 * 1024;

    /// <summary>Whether a failure is one of the disk and not of the program.</summary>
    public static bool IsDiskTrouble(this Exception error) => error is IOException or UnauthorizedAccessException;

    /// <summary>Whether a failure means that there is no room. .NET gives errno as the HResult of an <see cref="IOException"/>.</summary>
    public static bool IsDiskFull(this Exception error) => error is IOException { HResult: DiskFull or QuotaExceeded };

    /// <summary>Whether a file may not become so large: a limit of the process or of the file system.</summary>
    public static bool IsFileTooLarge(this Exception error) => error is IOException { HResult: FileTooLarge };

    /// <summary>Whether a file could not be opened for want of a descriptor: nothing was done, and the disk is well.</summary>
    public static bool IsOutOfFiles(this Exception error) => error is IOException { HResult: ProcessHasTooManyFiles or SystemHasTooManyFiles };

    /// <summary>Does something with a file. Where the disk fails, the message tells which file it was.</summary>
    public static void Naming(string path, SafeFileHandle file, Action<SafeFileHandle> work)
    {
        try
        {
            work(file);
        }
        catch (IOException e)
        {
            throw new IOException($"{path}: {e.Message}", e) { HResult = e.HResult };
        }
    }

    /// <summary>
    /// Writes all of it, in one call where that may be. What is more than that goes in pieces of a turn, and between them other threads
    /// are let through: beside a producer of megabytes the kernel's copies were what others waited for.
    /// </summary>
    public static void WriteInTurns(this IFileStore files, SafeFileHandle file, ReadOnlySpan<byte> bytes, long position)
    {
        var piece = bytes.Length > PieceSize ? Turns.PieceSize : bytes.Length;
        for (; bytes.Length > piece; bytes = bytes[piece..], position += piece)
        {
            files.Write(file, bytes[..piece], position);
            Turns.YieldThread();
        }

        files.Write(file, bytes, position);
    }

    /// <summary>The whole of a small file; null where there is none.</summary>
    public static byte[]? ReadAll(this IFileStore files, string path, int maxSize)
    {
        if (!files.Exists(path)) return null;
        using var file = files.Open(path);
        var bytes = new byte[Math.Min(files.Length(file), maxSize)];
        return files.Read(file, bytes, 0) == bytes.Length ? bytes : null;
    }

    /// <summary>Puts a file in place: after a crash there is the old one or the new one, whole.</summary>
    public static void Replace(this IFileStore files, string path, ReadOnlySpan<byte> bytes)
    {
        var temporary = path + ".tmp";
        using (var file = files.Open(temporary))
        {
            files.Truncate(file, 0);
            files.Write(file, bytes, 0);
            files.Sync(file);
        }

        files.Rename(temporary, path);
        files.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Copies a part of a file into a new one and syncs it; the caller syncs the directory. Returns the bytes copied.</summary>
    public static long CopyRange(this IFileStore files, string from, long position, string to)
    {
        using var source = files.Open(from);
        using var target = files.Open(to);
        var chunk = new byte[CopyChunk];
        long copied = 0;
        while (true)
        {
            var count = files.Read(source, chunk, position + copied);
            if (count == 0) break;
            files.Write(target, chunk.AsSpan(0, count), copied);
            copied += count;
        }

        files.Sync(target);
        return copied;
    }
}
