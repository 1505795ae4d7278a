using System.CommandLine;
using System.CommandLine.Invocation;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Commands;

/// <summary>The tool as a function: arguments in, exit code out, every failure one line on standard error.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(string[] args, Terminal terminal, Interruption interruption)
    {
        // A value may begin with @; it is not the name of a file with more arguments.
        var parsed = CreateRoot(terminal, interruption).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction) return RefuseUsage(parsed, terminal.Error);
        try
        {
            // Signals are ours: a group is left and the printed records are committed before the end.
            var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Error = terminal.Error };
            if (parsed.Action is SynchronousCommandLineAction) configuration.Output = new StreamWriter(terminal.Output) { AutoFlush = true };
            return await parsed.InvokeAsync(configuration, interruption.Stop);
        }
        catch (OperationCanceledException) when (interruption.IsRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (OutputClosedException)
        {
            return ExitCode.Done;
        }
        catch (Exception e) when (e is CommandFailedException or ApiException or BrokerUnreachableException)
        {
            terminal.Error.WriteLine($"restbroker: {e.Message}");
            return interruption.IsRequested ? ExitCode.Interrupted : ExitCode.Failed;
        }
    }

    private static RootCommand CreateRoot(Terminal terminal, Interruption interruption)
    {
        var context = new CommandContext(terminal, interruption);
        return new RootCommand("Kafka's log behind plain HTTP: create topics, produce and consume records, look after groups.")
        {
            context.Server,
            TopicsCommand.Create(context),
            ProduceCommand.Create(context),
            ConsumeCommand.Create(context),
            GroupsCommand.Create(context),
            BatchesCommand.Create(context),
            BenchCommand.Create(context),
        };
    }

    private static int RefuseUsage(ParseResult parsed, TextWriter error)
    {
        var command = parsed.CommandResult.Command;
        var path = new List<string> { command.Name };
        for (var parent = command.Parents.FirstOrDefault(); parent is not null; parent = parent.Parents.FirstOrDefault()) path.Insert(0, parent.Name);
        foreach (var problem in parsed.Errors) error.WriteLine($"restbroker: {Wording.OneLine(problem.Message)}");
        error.WriteLine($"See: {string.Join(' ', path)} --help");
        return ExitCode.Usage;
    }
}
