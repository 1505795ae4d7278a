using System.CommandLine;
using RestBroker.Cli.Bench;

namespace RestBroker.Cli.Commands;

internal static class BenchCommand
{
    public static Command Create(CommandContext context)
    {
        var topic = Parameters.Name("topic", "The topic; created with the broker's defaults if it is not there. Use one of its own.");
        var records = Count("--records", "How many records.", 100_000, int.MaxValue);
        var size = Count("--size", "Bytes of a value.", 100, 1024 * 1024);
        var connections = Count("--connections", "How many requests are on their way at once.", 4, 1_000);
        var batch = Count("--batch", "Records of a request.", 500, 10_000);
        var command = new Command("bench", "Produce records, read them back, and say how fast that was.") { topic, records, size, connections, batch };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = context.Connect(parsed);
            var plan = new BenchPlan(
                parsed.GetRequiredValue(topic), parsed.GetValue(records)!.Value, parsed.GetValue(size)!.Value, parsed.GetValue(connections)!.Value, parsed.GetValue(batch)!.Value);
            var benchmark = new Benchmark(client, plan);
            var start = await benchmark.PrepareAsync(cancellationToken);
            context.Print((await benchmark.ProduceAsync(cancellationToken)).Describe("produced"));
            context.Print((await benchmark.ConsumeAsync(start, cancellationToken)).Describe("consumed"));
        });
        return command;
    }

    private static Option<int?> Count(string name, string description, int usual, int most)
    {
        var option = Parameters.Number(name, description, 1, most);
        option.DefaultValueFactory = _ => usual;
        return option;
    }
}
