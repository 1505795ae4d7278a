using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RestBroker.Core.Records;

/// <summary>
/// Lets others through after each piece of long work. The pool has a thread a core and serves its queue in order: who works on without
/// going back to its end keeps out every request that has come since. And while the cores are busy the kernel leaves a thread that never
/// waits where it is until its next tick (4 ms), though others have been woken: the thread that hears the sockets is one of them. Not
/// thread-safe; one for each piece of work.
/// </summary>
public struct Turns
{
    /// <summary>Bytes worked through from one turn to the next: tens of microseconds to copy, hundreds to parse.</summary>
    public const int PieceSize = 64 * 1024;

    /// <summary>What a record costs beside its bytes, in bytes: many small ones are long work too.</summary>
    public const int RecordSize = 256;

    // Who is let through is back before that as a rule, unless it is another program's work without end.
    private static readonly long Long = Stopwatch.Frequency / 1_000;
    // A process that was stopped meanwhile has not waited for others.
    private static readonly long LongestRest = Stopwatch.Frequency / 100;

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
    /// each time: after a turn of 1 ms or more there is none for as long again (at most 10 ms).
    /// </summary>
    public static void YieldThread()
    {
        var began = Stopwatch.GetTimestamp();
        if (began < Volatile.Read(ref _notBefore)) return;
        Thread.Yield();
        var took = Stopwatch.GetTimestamp() - began;
        if (took < Long) return;
        // Later only: another thread's rest may last longer.
        var until = began + took + Math.Min(took, LongestRest);
        for (long before; (before = Volatile.Read(ref _notBefore)) < until;)
        {
            if (Interlocked.CompareExchange(ref _notBefore, until, before) == before) return;
        }
    }

    /// <summary>Lets other threads through, and then whatever the pool has to do.</summary>
    public static ValueTask PassAsync()
    {
        YieldThread();
        return RequeueAsync();
    }

    /// <summary>Lets through whatever the pool has to do.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask RequeueAsync() => await Task.Yield();
}
