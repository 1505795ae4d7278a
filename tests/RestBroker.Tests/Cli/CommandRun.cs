using System.Text;
using RestBroker.Cli.Commands;
using RestBroker.Cli.Shell;

namespace RestBroker.Tests.Cli;

/// <summary>The tool run in this process: what it was given, what it printed, how it ended.</summary>
internal sealed record CommandRun(int ExitCode, byte[] OutputBytes, string Error)
{
    public string Output => Encoding.UTF8.GetString(OutputBytes);

    public static Task<CommandRun> RunAsync(params string[] args) => RunAsync("", args);

    public static Task<CommandRun> RunAsync(string input, string[] args, CancellationToken stop = default) =>
        RunAsync(Encoding.UTF8.GetBytes(input), args, stop);

    public static async Task<CommandRun> RunAsync(byte[] input, string[] args, CancellationToken stop = default)
    {
        using var stdin = new MemoryStream(input);
        using var stdout = new MemoryStream();
        using var stderr = new StringWriter();
        using var interruption = new Interruption(stop);
        var exitCode = await CommandLine.RunAsync(args, new Terminal(stdin, stdout, TextWriter.Synchronized(stderr)), interruption);
        return new CommandRun(exitCode, stdout.ToArray(), stderr.ToString());
    }
}
