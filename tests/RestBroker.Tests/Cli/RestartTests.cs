namespace RestBroker.Tests.Cli;

/// <summary>What clients see of a broker that is killed and started again.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task A_consumer_goes_on_where_it_was_with_nothing_lost_or_repeated()
    {
        await using var broker = await BrokerProcess.StartAsync();
        await RunAsync(broker, "topics create t --partitions 3");
        await using var reader = LiveRun.Start(Args(broker, "consume t --from-beginning"));
        await using var member = LiveRun.Start(Args(broker, "consume t --group g --from-beginning"));
        await ProduceAsync(broker, 0, 500);
        await reader.WaitForLinesAsync(500);
        await member.WaitForLinesAsync(500);

        await broker.KillAsync();
        await reader.WaitForErrorAsync("Trying again");
        await member.WaitForErrorAsync("Trying again");
        await broker.StartAgainAsync();
        await ProduceAsync(broker, 500, 500);
        await reader.WaitForLinesAsync(1_000);
        await member.WaitForLinesAsync(1_000);

        Assert.Equal(130, await reader.InterruptAsync());
        Assert.Equal(130, await member.InterruptAsync());
        var expected = Enumerable.Range(0, 1_000).Select(number => $"line {number}").Order();
        Assert.Equal(expected, reader.Lines.Order());
        Assert.Equal(expected, member.Lines.Order());
        foreach (var run in new[] { reader, member }) Assert.Equal(["Trying again…", "the broker is back."], run.ErrorLines.Select(line => line[^Math.Min(line.Length, line.EndsWith('…') ? 13 : 19)..]));
    }

    [Fact]
    public async Task A_producer_waits_for_a_broker_that_it_has_spoken_to()
    {
        await using var broker = await BrokerProcess.StartAsync();
        await RunAsync(broker, "topics create t --partitions 1");

        await broker.KillAsync();
        var waiting = CommandRun.RunAsync("a\n", Args(broker, "produce t"));
        await broker.StartAgainAsync();
        var run = await waiting;

        // Either it came back within the patience for a first contact, or the line says that it did not.
        Assert.True(run.ExitCode == 0 ? run.Error.EndsWith("1 record to t\n", StringComparison.Ordinal) : run.Error.Contains("0 records acknowledged", StringComparison.Ordinal), run.Error);
    }

    private static async Task ProduceAsync(BrokerProcess broker, int first, int count)
    {
        var lines = string.Join('\n', Enumerable.Range(first, count).Select(number => $"line {number}"));
        var run = await CommandRun.RunAsync(lines, Args(broker, "produce t --key-field 2"));
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private static async Task RunAsync(BrokerProcess broker, string commandLine)
    {
        var run = await CommandRun.RunAsync(Args(broker, commandLine));
        Assert.True(run.ExitCode == 0, run.Error);
    }

    private static string[] Args(BrokerProcess broker, string commandLine) => [.. commandLine.Split(' '), "--server", broker.Url];
}
