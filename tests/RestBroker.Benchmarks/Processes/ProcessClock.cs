using System.Globalization;

namespace RestBroker.Benchmarks.Processes;

/// <summary>What Linux knows of a process.</summary>
internal static class ProcessClock
{
    private const double TicksPerSecond = 100;
    private const int UserTimeField = 11; // of /proc/PID/stat, counted behind the name in brackets
    private const int SystemTimeField = 12;

    /// <summary>User and system time so far, in steps of 10 ms.</summary>
    public static double CpuSeconds(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (Ticks(fields[UserTimeField]) + Ticks(fields[SystemTimeField])) / TicksPerSecond;
    }

    /// <summary>Resident memory in bytes.</summary>
    public static long ResidentBytes(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(text => text.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static long Ticks(string field) => long.Parse(field, CultureInfo.InvariantCulture);
}
