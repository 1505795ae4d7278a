using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;
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

        Assert.Equal(1, exitCode);
        Assert.Matches("^restbroker: cannot write to standard output: No space left on device.*\n$", error);
    }

    [Fact]
    public async Task A_reader_that_has_seen_enough_is_the_end_and_no_failure()
    {
        await using var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        pipe.DisposeLocalCopyOfClientHandle();
        // As a process has its standard output: a descriptor, not a pipe's own class.
        await using var output = new FileStream(new SafeFileHandle(pipe.SafePipeHandle.DangerousGetHandle(), ownsHandle: false), FileAccess.Write, bufferSize: 0);

        var (exitCode, error) = await HelpAsync(output);

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
