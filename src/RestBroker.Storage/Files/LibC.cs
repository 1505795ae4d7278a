using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RestBroker.Storage.Files;

/// <summary>The calls of Linux's C library that .NET has not got or does not report on. Only an interrupted call is made again.</summary>
internal static partial class LibC
{
    private const int Interrupted = 4;
    private const int ReadOnly = 0;
    private const int CloseOnExec = 0x80000;

    public static void SyncData(SafeFileHandle file)
    {
        while (FDataSync(file) != 0) ThrowUnlessInterrupted("fdatasync");
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

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}
