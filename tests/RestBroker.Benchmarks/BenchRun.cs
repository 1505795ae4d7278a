using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;
using RestBroker.Benchmarks.Scenarios;

namespace RestBroker.Benchmarks;

/// <summary>Runs scenarios, prints the table and compares it with another one.</summary>
internal static class BenchRun
{
    private static readonly (string Name, string Text, Func<Bench, Task> Run)[] Scenarios =
    [
        ("produce", "one record a request (P1, P2)", ProduceScenario.RunAsync),
        ("batch", "a hundred records a request (P3)", BatchScenario.RunAsync),
        ("append", "the engine alone (P4)", AppendScenario.RunAsync),
        ("fetch", "pages of a MiB, and a consumer from the start (P5, P6)", FetchScenario.RunAsync),
        ("events", "server-sent events (P7, P8)", EventScenario.RunAsync),
        ("partitions", "a hundred logs to be synced at once (P9)", PartitionScenario.RunAsync),
        ("groups", "fetch and commit of a group", GroupScenario.RunAsync),
        ("fairness", "a quiet client beside a heavy one", FairnessScenario.RunAsync),
        ("growth", "more partitions, connections, data", GrowthScenario.RunAsync),
        ("start", "start with many partitions, and after a kill (P11)", StartScenario.RunAsync),
    ];

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments.Length == 0 || arguments.Contains("--help") || arguments.Contains("-h")) return Help();
        if (BenchArguments.Parse(arguments, Broker.Metadata("Root"), out var complaint) is not { } wishes) return Refuse(complaint);
        var chosen = Scenarios.Where(scenario => wishes.Scenarios.Contains("all") || wishes.Scenarios.Contains(scenario.Name)).ToList();
        if (wishes.Scenarios.FirstOrDefault(name => name != "all" && Scenarios.All(scenario => scenario.Name != name)) is { } unknown)
            return Refuse($"There is no scenario '{unknown}'; see --help.");

        using var bench = await Bench.StartAsync(wishes.Pace);
        await bench.WarmUpAsync();
        foreach (var scenario in chosen)
        {
            Console.WriteLine($"-- {scenario.Name}: {scenario.Text}");
            await scenario.Run(bench);
        }

        if (wishes.Against is { } other) await AgainstScenario.RunAsync(bench, other);
        Console.WriteLine();
        Console.WriteLine(ResultTable.Markdown(bench.Rows));
        if (wishes.Baseline is { } baseline && File.Exists(baseline)) Tell(bench.Rows, baseline);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(wishes.Output))!);
        await File.WriteAllLinesAsync(wishes.Output, ResultTable.TabSeparated(bench.Rows));
        return 0;
    }

    private static void Tell(IReadOnlyList<Row> rows, string baseline)
    {
        Console.WriteLine($"Ratios beside those of {Path.GetFileName(baseline)}; nothing fails by them:");
        foreach (var line in Baseline.Compare(rows, File.ReadLines(baseline))) Console.WriteLine(line);
    }

    private static int Refuse(string complaint)
    {
        Console.Error.WriteLine(complaint);
        return 2;
    }

    private static int Help()
    {
        Console.WriteLine(
            """
            Usage: dotnet run -c Release --project tests/RestBroker.Benchmarks -- all|SCENARIO... [OPTION...]
                   dotnet run -c Release --project tests/RestBroker.Benchmarks -- micro [--filter PATTERN]

            Measures the broker, a process of its own, beside its limit by turns, and prints one table: what was done, ours, the limit, ours over
            the limit (median of the pairs, quartiles under "spread"), CPU of the server for a unit of work over the limit's, bytes allocated per record.

              --seconds S      so long a slice (0.5)
              --pairs N        so many slices of each side (5)
              --full           longer (1 s, 20 pairs) and with the large sizes
              --output FILE    the table as tab-separated values (artifacts/bench.tsv)
              --baseline FILE  ratios of another run, to be compared with
              --against OTHER  beside another broker too: PATH[,NAME=VALUE...], a RestBroker.Server.dll or nothing for the same, and its environment
              --help           this text

            Scenarios:
            """);
        foreach (var (name, text, _) in Scenarios) Console.WriteLine($"  {name,-16} {text}");
        Console.WriteLine("  micro            the parts alone, by BenchmarkDotNet");
        return 0;
    }
}
