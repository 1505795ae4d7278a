using System.Globalization;

namespace RestBroker.Benchmarks.Measuring;

/// <summary>What a row is held against.</summary>
/// <param name="Id">Which goal of the project: P1 to P12; empty where it is reported only.</param>
/// <param name="AtLeast">The ratio is to be no less.</param>
/// <param name="AtMost">The ratio is to be no more.</param>
/// <param name="CpuAtMost">The ratio of CPU is to be no more.</param>
internal sealed record Goal(string Id, double? AtLeast = null, double? AtMost = null, double? CpuAtMost = null)
{
    /// <summary>Whether nothing is demanded.</summary>
    public bool IsReportedOnly => AtLeast is null && AtMost is null && CpuAtMost is null;

    public bool IsMet(double ratio, double? cpuRatio) =>
        !(ratio < AtLeast) && !(ratio > AtMost) && !(cpuRatio > CpuAtMost);

    public override string ToString()
    {
        string?[] parts = [Text(">= ", AtLeast), Text("<= ", AtMost), Text("CPU <= ", CpuAtMost)];
        var text = string.Join(", ", parts.Where(part => part is not null));
        return IsReportedOnly ? $"{Id} reported".Trim() : $"{Id} {text}".Trim();
    }

    private static string? Text(string sign, double? bound) =>
        bound is { } some ? sign + some.ToString("0.00", CultureInfo.InvariantCulture) : null;
}
