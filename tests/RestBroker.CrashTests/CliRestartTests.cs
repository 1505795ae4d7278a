namespace RestBroker.CrashTests;

/// <summary>What the console tool makes of a broker that is killed and started again.</summary>
public sealed class CliRestartTests
{
    [Theory]
    [InlineData("consume t --from-beginning")]
    [InlineData("consume t --from-beginning --group g")]
    public async Task A_consumer_goes_on_where_it_was_with_nothing_lost_or_repeated(string commandLine)
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveCli.AssertSucceedsAsync(broker.Address, "topics create t --partitions 3");
        await using var consumer = LiveCli.Start(broker.Address, commandLine);
        await ProduceAsync(broker, 0, 500);
        await consumer.WaitForOutputAsync(500);

        for (var kill = 1; kill <= 2; kill++)
        {
            await broker.KillAsync();
            await consumer.WaitForErrorAsync("Trying again");
            await broker.StartAsync();
            await ProduceAsync(broker, kill * 500, 500);
            await consumer.WaitForOutputAsync((kill + 1) * 500);
        }

        Assert.Equal(130, await consumer.InterruptAsync());
        Assert.Equal(Enumerable.Range(0, 1_500).Select(number => $"line {number}").Order(), consumer.Output.Order());
        Assert.Equal(4, consumer.Errors.Count);
        Assert.All(consumer.Errors.Where((_, index) => index % 2 == 1), line => Assert.Equal("restbroker: the broker is back.", line));
    }

    [Fact]
    public async Task What_is_typed_while_the_broker_is_away_is_sent_when_it_is_back()
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveCli.AssertSucceedsAsync(broker.Address, "topics create t --partitions 1");
        await using var consumer = LiveCli.Start(broker.Address, "consume t --from-beginning");
        await using var producer = LiveCli.Start(broker.Address, "produce t");
        await producer.TypeAsync("before");
        await consumer.WaitForOutputAsync(1);

        // Stopped, not killed: the answer to the first line is on its way, and a line in doubt would rightly end the tool.
        Assert.Equal(0, await broker.StopAsync());
        await producer.TypeAsync("meanwhile");
        await producer.WaitForErrorAsync("Trying again");
        await broker.StartAsync();
        await producer.TypeAsync("after");

        Assert.Equal(0, await producer.EndAsync());
        await consumer.WaitForOutputAsync(3);
        Assert.Equal(["before", "meanwhile", "after"], consumer.Output);
        Assert.Equal("3 records to t", producer.Errors[^1]);
    }

    [Fact]
    public async Task A_reader_of_the_output_that_has_seen_enough_ends_the_tool_quietly()
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveCli.AssertSucceedsAsync(broker.Address, "topics create t --partitions 1");
        await ProduceAsync(broker, 0, 20_000);

        using var shell = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(
            "bash", ["-c", $"dotnet '{BrokerProcess.CliDll}' consume t --from-beginning --server {broker.Address} | head -n 2; echo ${{PIPESTATUS[0]}}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;

        Assert.Equal("line 0\nline 1\n0\n", await shell.StandardOutput.ReadToEndAsync());
        Assert.Equal("", await shell.StandardError.ReadToEndAsync());
    }

    private static async Task ProduceAsync(BrokerProcess broker, int first, int count)
    {
        await using var producer = LiveCli.Start(broker.Address, "produce t --key-field 2");
        await producer.TypeAsync(string.Join('\n', Enumerable.Range(first, count).Select(number => $"line {number}")));
        Assert.Equal(0, await producer.EndAsync());
    }
}
