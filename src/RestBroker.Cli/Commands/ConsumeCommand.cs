using System.CommandLine;
using RestBroker.Cli.Client;
using RestBroker.Cli.Consume;

namespace RestBroker.Cli.Commands;

internal static class ConsumeCommand
{
    public static Command Create(CommandContext context)
    {
        var options = new ConsumeOptions();
        var command = new Command("consume", "Print records as they come, until Ctrl-C. A broker that is restarted costs no record and repeats none.")
        {
            options.Topic,
            options.FromBeginning,
            options.From,
            options.Partitions,
            options.Group,
            options.Member,
            options.AckMode,
            options.MaxMessages,
            options.IdleExit,
            options.Print,
            options.AsJson,
        };
        command.Validators.Add(options.Check);
        command.SetAction(async (parsed, _) =>
        {
            using var client = context.Connect(parsed);
            await RunAsync(context, client, options.Read(parsed));
        });
        return command;
    }

    private static async Task RunAsync(CommandContext context, BrokerClient client, ConsumeRequest request)
    {
        var (terminal, interruption) = (context.Terminal, context.Interruption);
        var output = new RecordOutput(terminal.Output);
        var printer = new RecordPrinter(output, request.Columns, request.AsJson);
        var pace = new ReadingPace(request, request.Group is null ? TopicReader.PageLimit : GroupReader.PageLimit);
        var broker = new PatientReader(client, request, pace, terminal.Error);
        if (request.Group is null)
        {
            await new TopicReader(broker, request, pace, printer, output, terminal.Error).RunAsync(interruption.Stop);
            return;
        }
        var calls = new GroupCalls(broker, client, request, terminal.Error);
        var isShared = await calls.JoinAsync(interruption.Stop);
        if (isShared) await new SharedReader(calls, pace, printer, output, interruption, request.IsManual).RunAsync();
        else await new GroupReader(calls, pace, printer, output, interruption, request.IsManual).RunAsync();
    }
}
