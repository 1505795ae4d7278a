using System.Globalization;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks;

/// <summary>What was asked for.</summary>
/// <param name="Scenarios">Their names; all where none is given.</param>
/// <param name="Pace">How long is measured.</param>
/// <param name="Output">Where the table goes as tab-separated values.</param>
/// <param name="Baseline">What it is compared with; null = nothing.</param>
internal sealed record BenchArguments(IReadOnlyList<string> Scenarios, Pace Pace, string Output, string? Baseline)
{
    /// <summary>Another broker: its program and its environment.</summary>
    public string? Against { get; private init; }

    private const double DefaultSeconds = 0.5;
    private const int DefaultPairs = 5;
    private const double FullSeconds = 1;
    private const int FullPairs = 20;

    /// <summary>Null where the arguments make no sense; <paramref name="complaint"/> says why.</summary>
    public static BenchArguments? Parse(string[] arguments, string root, out string complaint)
    {
        complaint = "";
        List<string> scenarios = [];
        double? seconds = null;
        int? pairs = null;
        var isFull = false;
        var output = Path.Combine(root, "artifacts", "bench.tsv");
        string? baseline = null, against = null;
        for (var i = 0; i < arguments.Length; i++)
        {
            var hasValue = i + 1 < arguments.Length;
            if (arguments[i] == "--full") isFull = true;
            else if (arguments[i] == "--seconds" && hasValue && double.TryParse(arguments[++i], CultureInfo.InvariantCulture, out var some)) seconds = some;
            else if (arguments[i] == "--pairs" && hasValue && int.TryParse(arguments[++i], CultureInfo.InvariantCulture, out var count)) pairs = count;
            else if (arguments[i] == "--output" && hasValue) output = arguments[++i];
            else if (arguments[i] == "--baseline" && hasValue) baseline = arguments[++i];
            else if (arguments[i] == "--against" && hasValue) against = arguments[++i];
            else if (!arguments[i].StartsWith('-')) scenarios.Add(arguments[i]);
            else complaint = $"'{arguments[i]}' is not understood; see --help.";
        }

        if (seconds <= 0 || pairs <= 0) complaint = "--seconds and --pairs are above 0.";
        if (complaint.Length > 0) return null;
        var pace = new Pace(
            TimeSpan.FromSeconds(seconds ?? (isFull ? FullSeconds : DefaultSeconds)), pairs ?? (isFull ? FullPairs : DefaultPairs), isFull);
        return new BenchArguments(scenarios, pace, output, baseline) { Against = against };
    }
}
