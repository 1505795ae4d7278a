using System.Globalization;
using System.Text;

namespace RestBroker.Benchmarks.Measuring;

/// <summary>The rows as a table for people and as lines for programs.</summary>
internal static class ResultTable
{
    private static readonly string[] Columns = ["work", "ours", "limit", "ratio", "CPU ratio", "B/record", "goal", "spread"];

    public static string Markdown(IReadOnlyList<Row> rows)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"| {string.Join(" | ", Columns)} |");
        text.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var row in rows) text.AppendLine(Line(row));
        return text.ToString();
    }

    public static string Line(Row row) => $"| {string.Join(" | ", Cells(row))} |";

    public static IEnumerable<string> TabSeparated(IReadOnlyList<Row> rows) =>
        rows.Select(row => string.Join('\t', Cells(row))).Prepend(string.Join('\t', Columns));

    private static string[] Cells(Row row) =>
    [
        row.Work,
        row.Ours,
        row.Limit,
        Figures.Ratio(row.Ratio.Median),
        row.CpuRatio is { } cpu ? Figures.Ratio(cpu) : "",
        row.BytesPerRecord is { } bytes ? bytes.ToString("0", CultureInfo.InvariantCulture) : "",
        Verdict(row),
        $"{Figures.Ratio(row.Ratio.Low)} to {Figures.Ratio(row.Ratio.High)}",
    ];

    private static string Verdict(Row row)
    {
        if (row.Goal.IsReportedOnly) return row.IsLessBetter ? $"{row.Goal}, less is better" : row.Goal.ToString();
        return $"{row.Goal}: {(row.IsMet ? "met" : "missed")}";
    }
}
