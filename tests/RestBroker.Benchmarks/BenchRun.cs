using System.Net.Sockets;
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
        ("allocation", "bytes allocated a record (P12)", AllocationScenario.RunAsync),
        ("growth", "more partitions, connections, data", GrowthScenario.RunAsync),
        // These put another broker in the place of the first.
        ("memory", "what an idle stream takes (P7)", MemoryScenario.RunAsync),
        ("sustained", "batches for minutes with retention (P10)", SustainedScenario.RunAsync),
        ("start", "start with many partitions or offsets, and after a kill (P11)", StartScenario.RunAsync),
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
        var isWhole = true;
        foreach (var scenario in chosen)
        {
            Console.WriteLine($"-- {scenario.Name}: {scenario.Text}");
            isWhole &= await TryAsync(scenario.Name, () => scenario.Run(bench));
        }

        if (wishes.Against is { } other) isWhole &= await TryAsync("against", () => AgainstScenario.RunAsync(bench, other));
        Console.WriteLine();
        Console.WriteLine(ResultTable.Markdown(bench.Rows));
        // Read before it may be written: a run may be the next one's baseline.
        var baseline = File.Exists(wishes.Baseline) ? await File.ReadAllLinesAsync(wishes.Baseline) : null;
        await WriteAsync(bench.Rows, Path.GetFullPath(wishes.Output));
        if (baseline is not null) Tell(bench.Rows, wishes, baseline);
        return isWhole ? 0 : 1;
    }

    // The other rows took minutes: they are not to be lost with this one's.
    private static async Task<bool> TryAsync(string name, Func<Task> scenario)
    {
        try
        {
            await scenario();
            return true;
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException or SocketException or HttpRequestException or TimeoutException or InvalidOperationException)
        {
            Console.Error.WriteLine($"   {name} broke off: {fault.Message}");
            return false;
        }
    }

    private static async Task WriteAsync(IReadOnlyList<Row> rows, string output)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(output)!);
        await File.WriteAllLinesAsync(output, ResultTable.TabSeparated(rows));
        await File.WriteAllTextAsync(Path.ChangeExtension(output, ".md"), ResultTable.Markdown(rows));
    }

    private static void Tell(IReadOnlyList<Row> rows, BenchArguments wishes, string[] baseline)
    {
        Console.WriteLine($"Ratios beside those of {Path.GetFileName(wishes.Baseline)}; nothing fails by them:");
        foreach (var line in Baseline.Compare(rows, baseline, isWhole: wishes.Scenarios.Contains("all"))) Console.WriteLine(line);
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
                   dotnet run -c Release --project tests/RestBroker.Benchmarks -- micro [--filter PATTERN] [--job dry|short|medium|long]
                   bash tests/run.sh --bench [the same]

            Measures the broker, a process of its own, beside its limit by turns, and prints one table: what was done, ours, the limit, ours over
            the limit (median of the pairs of slices; ours and the limit are those of that pair; quartiles under "spread"), CPU of the server for
            a unit of work over the limit's (median of the pairs), bytes allocated per record.

              --seconds S      so long a slice (0.5)
              --pairs N        so many slices of each side (5)
              --full           longer (1 s, 21 pairs) and with the large sizes: about an hour
              --minutes M      so long the sustained load (0.5; 10 with --full)
              --data-gib N     the most data of a full run's growth and start (10); the disk needs a little more
              --output FILE    the table as tab-separated values (artifacts/bench.tsv), beside it as Markdown (.md)
              --baseline FILE  ratios of another run, to be compared with (those that are committed)
              --against OTHER  beside another broker: PATH[,NAME=VALUE...], a RestBroker.Server.dll or nothing for the same, and its environment
              --help           this text

            Scenarios:
            """);
        foreach (var (name, text, _) in Scenarios) Console.WriteLine($"  {name,-16} {text}");
        Console.WriteLine("  micro            the parts alone, by BenchmarkDotNet: --list flat names them; reports go to artifacts/micro");
        return 0;
    }
}
