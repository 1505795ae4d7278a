using RestBroker.Cli.Commands;
using RestBroker.Cli.Shell;

namespace RestBroker.Tests.Cli;

public sealed class OutputTests
{
    [Fact]
    public async Task A_full_disk_is_one_line_and_1()
    {
        await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);

        var (exitCode, error) = await HelpAsync(full);

        Assert.Equal((1, "restbroker: cannot write to standard output: No space left on device\n"), (exitCode, error));
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_is_the_end_and_no_failure()
    {
        await using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        new System.IO.Pipes.AnonymousPipeClientStream(pipe.GetClientHandleAsString()).Dispose();
        pipe.DisposeLocalCopyOfClientHandle();

        var (exitCode, error) = await HelpAsync(pipe);

        Assert.Equal((0, ""), (exitCode, error));
    }

    private static async Task<(int ExitCode, string Error)> HelpAsync(Stream output)
    {
        using var error = new StringWriter();
        using var interruption = new Interruption();
        var exitCode = await CommandLine.RunAsync(["--help"], new Terminal(Stream.Null, GuardedStream.Output(output), error), interruption);
        return (exitCode, error.ToString());
    }
}
