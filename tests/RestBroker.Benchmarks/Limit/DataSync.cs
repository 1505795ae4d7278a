using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RestBroker.Benchmarks.Limit;

/// <summary>The system's <c>fdatasync</c>, as the broker calls it.</summary>
internal static partial class DataSync
{
    public static void Run(SafeFileHandle file)
    {
        if (Sync(file) != 0) throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int Sync(SafeFileHandle file);
}
