using System.CommandLine;
using RestBroker.Cli.Produce;

namespace RestBroker.Cli.Commands;

internal static class ProduceCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new ProduceOptions();
        var command = new Command("produce", "Send lines as records: from a prompt, a pipe or a file.")
        {
            options.Topic,
            options.File,
            options.Format,
            options.Key,
            options.KeySeparator,
            options.KeyField,
            options.Headers,
            options.Partition,
            options.SkipLines,
        };
        command.Validators.Add(options.Check);
        command.SetAction(async (parsed, _) =>
        {
            using var client = context.Connect(parsed);
            await new Production(client, context.Terminal, context.Interruption).RunAsync(options.Read(parsed));
        });
        return command;
    }
}
