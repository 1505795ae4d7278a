using System.Globalization;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks;

/// <summary>What was asked for.</summary>
/// <param name="Scenarios">Their names; all where none is given, and none beside another broker.</param>
/// <param name="Pace">How long is measured.</param>
/// <param name="Output">Where the table goes as tab-separated values.</param>
/// <param name="Baseline">What it is compared with, if it exists.</param>
internal sealed record BenchArguments(IReadOnlyList<string> Scenarios, Pace Pace, string Output, string Baseline)
{
    /// <summary>Another broker: its program and its environment.</summary>
    public string? Against { get; private init; }

    private static readonly string[] Numbers = ["--seconds", "--pairs", "--minutes", "--data-gib"];
    private static readonly string[] Options = [.. Numbers, "--output", "--baseline", "--against"];

    private const double DefaultSeconds = 0.5;
    private const int DefaultPairs = 5;
    private const double FullSeconds = 1;
    private const int FullPairs = 21;

    /// <summary>Null where the arguments make no sense; <paramref name="complaint"/> says why.</summary>
    public static BenchArguments? Parse(string[] arguments, string root, out string complaint)
    {
        complaint = "";
        List<string> scenarios = [];
        Dictionary<string, string> given = [];
        var isFull = false;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] == "--full") isFull = true;
            else if (Options.Contains(arguments[i]) && i + 1 < arguments.Length) given[arguments[i]] = arguments[++i];
            else if (!arguments[i].StartsWith('-')) scenarios.Add(arguments[i]);
            else complaint = $"'{arguments[i]}' is not understood; see --help.";
        }

        foreach (var (name, text) in given.Where(pair => Numbers.Contains(pair.Key)))
        {
            if (!double.TryParse(text, CultureInfo.InvariantCulture, out var number) || number <= 0) complaint = $"{name} is a number above 0.";
        }

        if (complaint.Length > 0) return null;
        var pace = new Pace(TimeSpan.FromSeconds(Number("--seconds") ?? (isFull ? FullSeconds : DefaultSeconds)), (int)(Number("--pairs") ?? (isFull ? FullPairs : DefaultPairs)), isFull);
        if (Number("--minutes") is { } minutes) pace = pace with { Sustained = TimeSpan.FromMinutes(minutes) };
        if (Number("--data-gib") is { } gibibytes) pace = pace with { DataGibibytes = (int)gibibytes };
        return new BenchArguments(
            scenarios.Count > 0 || given.ContainsKey("--against") ? scenarios : ["all"],
            pace,
            given.GetValueOrDefault("--output", Path.Combine(root, "artifacts", "bench.tsv")),
            given.GetValueOrDefault("--baseline", Path.Combine(root, "tests", "RestBroker.Benchmarks", "baseline.tsv")))
        {
            Against = given.GetValueOrDefault("--against"),
        };

        double? Number(string name) => given.TryGetValue(name, out var text) ? double.Parse(text, CultureInfo.InvariantCulture) : null;
    }
}
