using System.Globalization;

namespace RestBroker.Benchmarks.Measuring;

/// <summary>
/// Holds ratios against those of another run, and says which have moved by more than the noise: 5 % where an item is about 1 KiB, 15 %
/// where it is larger. It reports and refuses nothing: on a machine that others use too a figure is a hint and no proof.
/// </summary>
internal static class Baseline
{
    private const double SmallTolerance = 0.05;
    private const double LargeTolerance = 0.15;

    private const int WorkColumn = 0;
    private const int RatioColumn = 3;

    /// <summary>A line for each row that both have.</summary>
    public static IEnumerable<string> Compare(IReadOnlyList<Row> rows, IEnumerable<string> baseline)
    {
        var before = baseline.Skip(1).Select(line => line.Split('\t')).Where(cells => cells.Length > RatioColumn)
            .ToDictionary(cells => cells[WorkColumn], cells => double.Parse(cells[RatioColumn], CultureInfo.InvariantCulture));
        foreach (var row in rows)
        {
            if (!before.TryGetValue(row.Work, out var old) || old == 0) yield return $"  new    {row.Work}: {Figures.Ratio(row.Ratio.Median)}";
            else yield return Compare(row, old);
        }
    }

    private static string Compare(Row row, double old)
    {
        var change = (row.Ratio.Median / old) - 1;
        var tolerance = IsSmall(row.Work) ? SmallTolerance : LargeTolerance;
        var isBetter = change > 0 != row.Goal.AtMost is not null;
        var verdict = Math.Abs(change) <= tolerance ? "same  " : isBetter ? "better" : "WORSE ";
        return string.Create(CultureInfo.InvariantCulture, $"  {verdict} {row.Work}: {old:0.00} -> {row.Ratio.Median:0.00} ({change:+0%;-0%;0%}, tolerance {tolerance:0%})");
    }

    private static bool IsSmall(string work) => work.Contains("1 KiB", StringComparison.Ordinal);
}
