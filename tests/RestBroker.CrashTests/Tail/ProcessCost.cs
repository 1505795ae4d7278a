using System.Globalization;

namespace RestBroker.CrashTests.Tail;

/// <summary>What a process takes, as the kernel counts it.</summary>
/// <param name="CpuSeconds">Since it began.</param>
/// <param name="ResidentBytes">Now.</param>
internal readonly record struct ProcessCost(double CpuSeconds, long ResidentBytes)
{
    private const double TicksPerSecond = 100;

    public static ProcessCost Of(int processId)
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var resident = File.ReadLines($"/proc/{processId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return new ProcessCost(
            (Number(fields[11]) + Number(fields[12])) / TicksPerSecond,
            Number(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[1]) * 1024);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
