using System.Globalization;

namespace RestBroker.Benchmarks.Measuring;

/// <summary>
/// Holds ratios against those of another run, and says which have moved by more than the noise: 5 % where an item is about 1 KiB, 15 %
/// where it is larger, and the quartiles of the two apart. It reports and refuses nothing: on a machine that others use too a figure is a
/// hint and no proof.
/// </summary>
internal static class Baseline
{
    private const double SmallTolerance = 0.05;
    private const double LargeTolerance = 0.15;

    private const int WorkColumn = 0;
    private const int RatioColumn = 3;
    private const int SpreadColumn = 7;

    /// <summary>A line for each row that has moved or is new or, where everything was measured, is gone; and how many have not moved.</summary>
    public static IEnumerable<string> Compare(IReadOnlyList<Row> rows, IEnumerable<string> baseline, bool isWhole)
    {
        var before = new Dictionary<string, Spread>();
        foreach (var line in baseline.Skip(1))
        {
            if (Parse(line) is { } old) before[old.Work] = old.Ratio;
        }

        var same = 0;
        foreach (var row in rows)
        {
            if (!before.Remove(row.Work, out var old)) yield return $"  new     {row.Work}: {Figures.Ratio(row.Ratio.Median)}";
            else if (Compare(row, old) is { } moved) yield return moved;
            else same++;
        }

        foreach (var (work, old) in isWhole ? before : []) yield return $"  gone    {work}: was {Figures.Ratio(old.Median)}";
        yield return $"  {same} rows are the same within the tolerance.";
    }

    // Null within the tolerance.
    private static string? Compare(Row row, Spread old)
    {
        var change = (row.Ratio.Median / old.Median) - 1;
        var tolerance = row.Work.Contains("1 KiB", StringComparison.Ordinal) ? SmallTolerance : LargeTolerance;
        if (Math.Abs(change) <= tolerance) return null;
        var isApart = row.Ratio.Low > old.High || row.Ratio.High < old.Low;
        var verdict = !isApart ? "unsure " : change > 0 != row.IsLessBetter ? "better " : "WORSE  ";
        return string.Create(CultureInfo.InvariantCulture, $"  {verdict} {row.Work}: {old.Median:0.00} -> {row.Ratio.Median:0.00} ({change:+0%;-0%;0%}, tolerance {tolerance:0%})");
    }

    // Null where it is no row of a table.
    private static (string Work, Spread Ratio)? Parse(string line)
    {
        var cells = line.Split('\t');
        if (cells.Length <= SpreadColumn || !TryRead(cells[RatioColumn], out var ratio) || ratio == 0) return null;
        var quartiles = cells[SpreadColumn].Split(" to ");
        return quartiles.Length == 2 && TryRead(quartiles[0], out var low) && TryRead(quartiles[1], out var high)
            ? (cells[WorkColumn], new Spread(low, ratio, high))
            : (cells[WorkColumn], new Spread(ratio, ratio, ratio));
    }

    private static bool TryRead(string text, out double number) => double.TryParse(text, CultureInfo.InvariantCulture, out number);
}
