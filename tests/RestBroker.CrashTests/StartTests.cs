using System.Diagnostics;

namespace RestBroker.CrashTests;

/// <summary>An operator's mistake is told in one line, with what to do.</summary>
public sealed class StartTests
{
    [Theory]
    [InlineData("--RestBroker:DataDirectry=x", "There is no such option: 'DataDirectry'")]
    [InlineData("--DataDirectory=x", "There is no option --DataDirectory. Did you mean --RestBroker:DataDirectory? See --help.")]
    [InlineData("--url=http://127.0.0.1:0", "There is no option --url. See --help.")]
    [InlineData("serve", "There is no command 'serve'. See --help.")]
    [InlineData("--RestBroker:DefaultPartitionCount=abc", "'abc' at 'RestBroker:DefaultPartitionCount'")]
    [InlineData("--RestBroker:DefaultPartitionCount=0", "must be between 1 and 10000")]
    [InlineData("--RestBroker:DataDirectory=/proc/none", "Choose a data directory that can be written")]
    [InlineData("--urls=localhost:1", "such as http://localhost:8080")]
    public async Task A_start_that_cannot_be_is_explained_in_one_line(string argument, string explanation)
    {
        var (exitCode, errors) = await StartAsync(argument);

        Assert.Equal(1, exitCode);
        Assert.Contains(explanation, errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_second_broker_on_the_directory_or_the_port_of_another_is_told_what_to_choose()
    {
        await using var broker = await BrokerProcess.StartNewAsync();

        var samePort = await StartAsync($"--urls={broker.Address}");
        var sameDirectory = await StartAsync("--urls=http://127.0.0.1:0", $"--RestBroker:DataDirectory={broker.DataDirectory}");

        Assert.Equal((1, 1), (samePort.ExitCode, sameDirectory.ExitCode));
        Assert.Contains("Choose another with --urls", samePort.Errors, StringComparison.Ordinal);
        Assert.Contains("is in use by another process", sameDirectory.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_log_of_a_stopped_broker_is_verified_by_the_same_program_and_that_of_a_running_one_is_not()
    {
        await using var broker = await BrokerProcess.StartNewAsync();

        var running = await StartAsync("log", "verify", broker.DataDirectory);
        await broker.KillAsync();
        var stopped = await StartAsync("log", "verify", broker.DataDirectory);

        Assert.Equal((2, 0), (running.ExitCode, stopped.ExitCode));
        Assert.Contains("is in use by another process", running.Errors, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Errors)> StartAsync(params string[] arguments)
    {
        var directory = Directory.CreateTempSubdirectory("restbroker-start-");
        var start = new ProcessStartInfo("dotnet", [BrokerProcess.ServerDll, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = directory.FullName,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        directory.Delete(recursive: true);
        return (process.ExitCode, errors);
    }
}
