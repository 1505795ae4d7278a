using RestBroker.Tests.Server;

namespace RestBroker.Tests.Cli;

/// <summary>Shared groups from the command line, against the real server.</summary>
public sealed class SharedGroupCommandTests : IAsyncDisposable
{
    private readonly TestBroker _broker = TestBroker.Start();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task Workers_of_a_shared_group_print_every_record_once_and_leave_nothing_behind()
    {
        await OutputAsync("topics create t --partitions 2");
        await OutputAsync("topics create dead");
        Assert.Equal("Created group g.\n", await OutputAsync("groups create g --topic t --shared --lease-seconds 60 --max-deliveries 3 --dead-letter-topic dead"));
        await using var first = LiveRun.Start(Args("consume t --group g"));
        await using var second = LiveRun.Start(Args("consume t --group g"));
        await using var third = LiveRun.Start(Args("consume t --group g"));
        LiveRun[] workers = [first, second, third];
        var lines = Enumerable.Range(0, 2_000).Select(number => $"line {number}").ToArray();

        await RunAsync("produce t", string.Join('\n', lines));
        await LiveRun.WaitForLinesAsync(workers, lines.Length);
        foreach (var worker in workers) Assert.Equal(130, await worker.InterruptAsync());

        Assert.Equal(lines.Order(), workers.SelectMany(worker => worker.Lines).Order());
        var described = (await OutputAsync("groups describe g")).Split('\n')[..^1].Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.Equal(["GROUP", "TOPIC", "PARTITION", "START-OFFSET", "LOG-END-OFFSET", "LAG", "ACQUIRED", "AVAILABLE", "DELAYED", "DEAD"], described[0]);
        Assert.All(described[1..], row => Assert.Equal(["0", "0", "0", "0", "0"], row[5..]));
    }

    [Fact]
    public async Task In_manual_mode_records_are_acknowledged_by_their_receipts()
    {
        await OutputAsync("topics create t");
        await OutputAsync("topics create dead");
        await OutputAsync("groups create g --topic t --shared --dead-letter-topic dead");
        await RunAsync("produce t", "a\nb\nc\n");

        var printed = await OutputAsync("consume t --group g --ack-mode manual --max-messages 3 --print receipt,deliveries");
        var rows = printed.Split('\n')[..^1].Select(line => line.Split('\t')).ToList();
        Assert.Equal(["1 a", "1 b", "1 c"], rows.Select(row => $"{row[1]} {row[2]}"));

        Assert.Equal($"{rows[0][0]}\taccept\n", await OutputAsync($"groups ack g {rows[0][0]}"));
        await OutputAsync($"groups ack g {rows[1][0]} --outcome reject");
        await OutputAsync($"groups ack g {rows[2][0]} --outcome release --delay-seconds 0");
        Assert.Equal("b\n", await OutputAsync("consume dead --from-beginning --max-messages 1"));
        Assert.Equal("2\tc\n", await OutputAsync("consume t --group g --max-messages 1 --print deliveries"));
        var stale = await RunAsync($"groups ack g {rows[0][0]}");
        Assert.Equal((1, $"{rows[0][0]}\tinvalid-record-state\n"), (stale.ExitCode, stale.Output));
        Assert.Equal("restbroker: 1 of 1 receipts do not fit any more.\n", stale.Error);
    }

    [Fact]
    public async Task In_manual_mode_a_partitioned_group_is_read_and_nothing_is_committed()
    {
        await OutputAsync("topics create t");
        await RunAsync("produce t", "a\nb\nc\n");

        Assert.Equal("a\nb\nc\n", await OutputAsync("consume t --group g --from-beginning --ack-mode manual --max-messages 3"));
        Assert.Equal("a\nb\n", await OutputAsync("consume t --group g --max-messages 2"));
        Assert.Equal("c\n", await OutputAsync("consume t --group g --max-messages 1"));
    }

    [Fact]
    public async Task A_watched_group_is_described_again_and_again_until_Ctrl_C()
    {
        await OutputAsync("topics create t");
        await OutputAsync("groups create g --topic t --from latest");

        await using var watch = LiveRun.Start(Args("groups describe g --watch"));
        await watch.WaitForLinesAsync(2);
        await RunAsync("produce t", "a\n");
        await watch.WaitForLinesAsync(8);

        Assert.Equal(130, await watch.InterruptAsync());
        Assert.Equal(["0", "1"], watch.Lines.Where(line => line.StartsWith("g ", StringComparison.Ordinal)).Select(Lag).Distinct());

        static string Lag(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[5];
    }

    [Theory]
    [InlineData("consume t --ack-mode manual")]
    [InlineData("consume t --group g --ack-mode never")]
    [InlineData("groups create g")]
    [InlineData("groups ack g")]
    [InlineData("groups ack g r --outcome done")]
    [InlineData("groups ack g r --delay-seconds 1")]
    public async Task A_command_that_makes_no_sense_is_2(string commandLine) => Assert.Equal(2, (await RunAsync(commandLine)).ExitCode);

    private async Task<string> OutputAsync(string commandLine)
    {
        var run = await RunAsync(commandLine);
        Assert.True(run.ExitCode == 0, $"{commandLine}: {run.ExitCode} {run.Error}");
        return run.Output;
    }

    private Task<CommandRun> RunAsync(string commandLine, string input = "") => CommandRun.RunAsync(input, Args(commandLine));

    private string[] Args(string commandLine) => [.. commandLine.Split(' '), "--server", _broker.Address.ToString()];
}
