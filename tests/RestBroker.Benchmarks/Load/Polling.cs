using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RestBroker.Benchmarks.Load;

/// <summary>
/// Waits for many sockets on one thread: the driver shares two cores with the server, so it must cost as little as it can. poll(2) and not
/// epoll, since its structure is the same on every processor.
/// </summary>
internal static partial class Polling
{
    public const short Readable = 1;
    public const short Writable = 4;

    private const int Interrupted = 4;

    /// <summary>Returns how many of the entries have something to tell; 0 when the time is over.</summary>
    public static int Wait(Span<PollEntry> entries, int timeoutMilliseconds)
    {
        int ready;
        while ((ready = Poll(ref MemoryMarshal.GetReference(entries), (nuint)entries.Length, timeoutMilliseconds)) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted) throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        return ready;
    }

    /// <summary>Sleeps until that moment of <see cref="Stopwatch"/> or a little longer; the time has passed: not at all.</summary>
    public static void SleepUntil(long timestamp)
    {
        var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp);
        if (left > TimeSpan.Zero) _ = Sleep((uint)left.TotalMicroseconds);
    }

    [LibraryImport("libc", EntryPoint = "usleep")]
    private static partial int Sleep(uint microseconds);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollEntry entries, nuint count, int timeoutMilliseconds);
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollEntry(Socket socket)
{
    public int Descriptor = (int)socket.Handle;
    public short Wanted = Polling.Readable;
    public short Got;
}
