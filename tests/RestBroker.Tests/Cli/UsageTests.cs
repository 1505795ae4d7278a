namespace RestBroker.Tests.Cli;

public sealed class UsageTests
{
    [Theory]
    [InlineData("")]
    [InlineData("topics")]
    [InlineData("nonsense")]
    [InlineData("topics create")]
    [InlineData("topics create a/b")]
    [InlineData("topics describe ..")]
    [InlineData("topics create t --partitions 0")]
    [InlineData("topics create t --partitions many")]
    [InlineData("topics create t --config retention.ms")]
    [InlineData("topics alter t")]
    [InlineData("topics list --server ftp://example.com")]
    [InlineData("topics list --server nowhere")]
    [InlineData("produce t --format xml")]
    [InlineData("produce t --header a")]
    [InlineData("produce t --key a --key-field 1")]
    [InlineData("produce t --key-field 0")]
    [InlineData("produce t --partition -1")]
    [InlineData("produce t --format raw --key-field 1")]
    [InlineData("produce t --format raw --header Nonsense=1")]
    [InlineData("consume t --print key,colour")]
    [InlineData("consume t --print 1")]
    [InlineData("consume t --print value,key")]
    [InlineData("consume t --partition 1,x")]
    [InlineData("consume t --group g --partition 1")]
    [InlineData("consume t --member m")]
    [InlineData("consume t --group a/b")]
    [InlineData("consume t --from-beginning --from latest")]
    [InlineData("consume t --json --print key")]
    [InlineData("consume t --idle-exit soon")]
    [InlineData("consume t --max-messages 0")]
    [InlineData("groups reset-offsets g")]
    [InlineData("groups reset-offsets g --to earliest --dry-run --execute")]
    [InlineData("batches")]
    [InlineData("batches dump")]
    [InlineData("batches dump t --from-offset -1")]
    [InlineData("batches pour t --partition x")]
    [InlineData("batches pour t --skip-bytes some")]
    [InlineData("bench t --size 0")]
    [InlineData("bench t --batch 10001")]
    public async Task A_command_line_that_means_nothing_is_refused_with_2_and_a_hint(string commandLine)
    {
        var run = await CommandRun.RunAsync(commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.OutputBytes);
        Assert.StartsWith("restbroker: ", run.Error, StringComparison.Ordinal);
        Assert.Contains("--help", run.Error.Split('\n')[^2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help", "produce")]
    [InlineData("topics create --help", "--if-not-exists")]
    [InlineData("consume -h", "--from-beginning")]
    [InlineData("batches pour --help", "--keep-producer")]
    [InlineData("--version", ".")]
    public async Task Help_and_version_go_to_standard_output(string commandLine, string expected)
    {
        var run = await CommandRun.RunAsync(commandLine.Split(' '));

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task A_broker_that_is_not_there_is_one_line_and_1()
    {
        var run = await CommandRun.RunAsync("topics", "list", "--server", "http://127.0.0.1:1");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("restbroker: cannot reach http://127.0.0.1:1: connection refused. Is the broker running?\n", run.Error);
    }

    [Fact]
    public async Task A_consumer_does_not_wait_for_a_broker_that_was_never_there()
    {
        var run = await CommandRun.RunAsync("consume", "t", "--from", "-5", "--server", "http://127.0.0.1:1");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("restbroker: cannot reach http://127.0.0.1:1: connection refused. Is the broker running?\n", run.Error);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_one_line_and_1()
    {
        var run = await CommandRun.RunAsync("produce", "t", "--file", "no-such-file");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("restbroker: cannot read no-such-file: ", run.Error, StringComparison.Ordinal);
    }
}
