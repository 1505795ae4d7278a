using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RestBroker.Core.Engine;

/// <summary>
/// Lets others through after each piece of long work. The pool has a thread a core and serves its queue in order: who works on without
/// going back to its end keeps out every request that has come since. And while the cores are busy the kernel leaves a thread that never
/// waits where it is until its next tick (4 ms), though others have been woken: the thread that hears the sockets is one of them. Not
/// thread-safe; one for each piece of work.
/// </summary>
public struct Turns
{
    /// <summary>Bytes worked through from one turn to the next: tens of microseconds.</summary>
    public const int PieceSize = 64 * 1024;

    // Whoever is let through is back long before that, unless it is another program's work without end.
    private static readonly long Long = Stopwatch.Frequency / 1_000;
    private const int RestAfterLong = 8;

    private static long _notBefore;

    private long _worked;

    /// <summary>Takes note of bytes that were worked through. True where others are to be let through now.</summary>
    public bool IsOver(long bytes)
    {
        _worked += bytes;
        if (_worked < PieceSize) return false;
        _worked = 0;
        return true;
    }

    /// <summary>
    /// Lets other threads through: for work that cannot be suspended. A program that computes without end takes the core for milliseconds
    /// each time: beside one there are fewer turns, so that they take no more than a ninth of the time.
    /// </summary>
    public static void YieldThread()
    {
        var began = Stopwatch.GetTimestamp();
        if (began < Volatile.Read(ref _notBefore)) return;
        Thread.Yield();
        var took = Stopwatch.GetTimestamp() - began;
        if (took > Long) Volatile.Write(ref _notBefore, began + ((1 + RestAfterLong) * took));
    }

    /// <summary>Lets other threads through, and then whatever the pool has to do.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask PassAsync()
    {
        YieldThread();
        await Task.Yield();
    }
}
