using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using RestBroker.Cli.Batches;

namespace RestBroker.Cli.Commands;

internal static class BatchesCommand
{
    public static Command Create(CommandContext context) => new("batches", "Copy Kafka's record batches out of a partition and into one, byte for byte.")
    {
        Dump(context),
        Pour(context),
    };

    private static Command Dump(CommandContext context)
    {
        var (topic, partition) = (Topic(), Partition());
        var file = Parameters.Text("--file", "PATH", "Write to this file, which is made anew, instead of standard output.");
        var from = Position("--from-offset", "Begin with the batch that holds this offset; at the start of the log if not given.");
        var command = new Command("dump", "Write a partition's batches, up to where it ends now.") { topic, partition, from, file };
        command.SetAction(async (parsed, _) =>
        {
            using var client = context.Connect(parsed);
            var place = new BatchPlace(parsed.GetRequiredValue(topic), parsed.GetValue(partition) ?? 0);
            await using var target = parsed.GetValue(file) is { } path ? BatchFile.Create(path) : null;
            await new BatchDump(client, context.Terminal, context.Interruption).RunAsync(place, parsed.GetValue(from), target ?? context.Terminal.Output);
        });
        return command;
    }

    private static Command Pour(CommandContext context)
    {
        var (topic, partition) = (Topic(), Partition());
        var file = Parameters.Text("--file", "PATH", "Read this file (a dump, or a segment of a log) instead of standard input.");
        var skip = Position("--skip-bytes", "Go on after so many bytes, as an interrupted run told.");
        var keep = Parameters.Flag("--keep-producer", "Leave producer id, epoch and sequence in the batches: the broker must know the producer, and stores each batch once.");
        var command = new Command("pour", "Send batches into a partition.") { topic, partition, file, skip, keep };
        command.SetAction(async (parsed, _) =>
        {
            using var client = context.Connect(parsed);
            var place = new BatchPlace(parsed.GetRequiredValue(topic), parsed.GetValue(partition) ?? 0);
            await using var source = parsed.GetValue(file) is { } path ? BatchFile.Open(path) : null;
            var pour = new BatchPour(client, context.Terminal, context.Interruption, parsed.GetValue(keep));
            await pour.RunAsync(place, source ?? context.Terminal.Input, parsed.GetValue(skip) ?? 0);
        });
        return command;
    }

    private static Argument<string> Topic() => Parameters.Name("topic", "The topic; it must exist.");

    private static Option<int?> Partition() => Parameters.Number("--partition", "The partition; 0 if not given.", 0);

    private static Option<long?> Position(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => ParsePosition(result, name),
    };

    private static long? ParsePosition(ArgumentResult result, string name)
    {
        var text = result.Tokens[^1].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return number;
        result.AddError($"{name}: '{text}' is not a number of 0 or more.");
        return null;
    }
}
