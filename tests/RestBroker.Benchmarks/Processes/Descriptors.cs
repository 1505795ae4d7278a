using System.Runtime.InteropServices;

namespace RestBroker.Benchmarks.Processes;

/// <summary>How many files and connections a process may have open; the servers inherit it from this one.</summary>
internal static partial class Descriptors
{
    private const int OpenFiles = 7; // RLIMIT_NOFILE of Linux
    private const long Enough = 65_536;

    /// <summary>What holds now.</summary>
    public static long Limit
    {
        get
        {
            var limits = new long[2];
            return GetLimit(OpenFiles, limits) == 0 && limits[0] >= 0 ? limits[0] : Enough;
        }
    }

    /// <summary>As many as this user may have; only root may have more than the hard limit.</summary>
    public static void RaiseToTheMost()
    {
        var limits = new long[2];
        if (GetLimit(OpenFiles, limits) != 0 || limits[0] is < 0 or >= Enough) return;
        var hard = limits[1] < 0 ? Enough : Math.Max(limits[1], Enough);
        if (SetLimit(OpenFiles, [Math.Min(hard, Enough), hard]) != 0) _ = SetLimit(OpenFiles, [limits[1], limits[1]]);
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, [Out] long[] limits);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, long[] limits);
}
