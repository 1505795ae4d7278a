using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>The calls of Linux's C library that .NET has not got or does not report on. Only an interrupted call is made again.</summary>
internal static partial class LibC
{
    /// <summary>What <see cref="ReadCached"/> gives where memory does not hold the first byte.</summary>
    public const int NotCached = -1;

    /// <summary>What <see cref="ReadCached"/> gives where the library, the kernel or the file system cannot tell what memory holds.</summary>
    public const int NotSupported = -2;

    /// <summary>Whether the calls are there that take positions in a file: declared here as Linux has them for 64 bits.</summary>
    public static readonly bool TakesPositions = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    private const int Interrupted = 4;
    private const int NotPermitted = 1;
    private const int InvalidArgument = 22;
    private const int NoSuchCall = 38;
    private const int NoSuchOperation = 95;
    private const int NoWait = 8; // RWF_NOWAIT
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;
    private const uint WaitBefore = 1;
    private const int Normal = 0; // POSIX_FADV_NORMAL
    private const int Random = 1; // POSIX_FADV_RANDOM
    private const int OpenFiles = 7;
    private const int CurrentDirectory = -100;
    private const uint BasicStats = 0x7FF;
    private const int DeviceMajorPosition = 136; // in struct statx, the same on every architecture
    private const int StructSize = 256; // as large as statx and larger than statfs

    public static void SyncData(SafeFileHandle file)
    {
        while (FDataSync(file) != 0) ThrowUnlessInterrupted("fdatasync");
    }

    public static void SyncFileSystem(SafeFileHandle file)
    {
        while (SyncFs(file) != 0) ThrowUnlessInterrupted("syncfs");
    }

    /// <summary>Waits for what is being written of the file, and tells whether that has failed since it was last asked.</summary>
    public static void CheckWrittenBack(SafeFileHandle file)
    {
        while (SyncFileRange(file, 0, 0, WaitBefore) != 0) ThrowUnlessInterrupted("sync_file_range");
    }

    /// <summary>Reads what memory holds without waiting for the disk: the bytes it has read, 0 at the file's end; see preadv2(2).</summary>
    public static unsafe int ReadCached(SafeFileHandle file, Span<byte> target, long position)
    {
        fixed (byte* start = target)
        {
            var part = new Part((nint)start, target.Length);
            try
            {
                while (true)
                {
                    var read = PReadV2(file, in part, 1, position, NoWait);
                    if (read >= 0) return (int)read;
                    switch (Marshal.GetLastPInvokeError())
                    {
                        case Interrupted: continue;
                        case NotPermitted or InvalidArgument or NoSuchCall or NoSuchOperation: return NotSupported;
                        default: return NotCached; // EAGAIN; and what has failed fails again for who waits
                    }
                }
            }
            catch (EntryPointNotFoundException)
            {
                return NotSupported;
            }
        }
    }

    /// <summary>
    /// Has the kernel read ahead of who reads a file by this handle, as it does of itself, or only what it is asked for; see
    /// posix_fadvise(2). What it has begun to read ahead, it goes on with.
    /// </summary>
    public static void SetReadAhead(SafeFileHandle file, bool isOn) => _ = FAdvise(file, 0, 0, isOn ? Normal : Random);

    /// <summary>What kind of file system a path lies on: the magic number of statfs(2). Null where nobody tells.</summary>
    public static long? FileSystemType(string path)
    {
        var buffer = new byte[StructSize];
        return StatFs(path, buffer) == 0 ? BitConverter.ToInt64(buffer) : null;
    }

    /// <summary>The device that a path lies on. Null where nobody tells.</summary>
    public static long? Device(string path)
    {
        var buffer = new byte[StructSize];
        if (StatX(CurrentDirectory, path, 0, BasicStats, buffer) != 0) return null;
        return ((long)BitConverter.ToUInt32(buffer, DeviceMajorPosition) << 32) | BitConverter.ToUInt32(buffer, DeviceMajorPosition + 4);
    }

    /// <summary>How many descriptors the process may have; .NET raises it as far as it may go before the program begins.</summary>
    public static long? DescriptorLimit()
    {
        var limits = new long[2]; // now, and the most it could be raised to
        return GetRLimit(OpenFiles, limits) == 0 && limits[0] > 0 ? limits[0] : null; // -1: no limit
    }

    public static void SyncDirectory(string path)
    {
        int directory;
        while ((directory = Open(path, ReadOnly | CloseOnExec)) < 0) ThrowUnlessInterrupted($"open {path}");
        try
        {
            while (FSync(directory) != 0) ThrowUnlessInterrupted($"fsync {path}");
        }
        finally
        {
            _ = Close(directory);
        }
    }

    private static void ThrowUnlessInterrupted(string call)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error != Interrupted) throw new IOException($"{call}: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int file);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    private static partial int SyncFs(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint PReadV2(SafeFileHandle file, in Part parts, int count, long position, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int FAdvise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "statfs", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFs(string path, [Out] byte[] buffer);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, [Out] byte[] buffer);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetRLimit(int resource, [Out] long[] limits);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);

    // struct iovec
    private readonly record struct Part(nint Start, nint Length);
}
