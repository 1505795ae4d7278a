using RestBroker.Tests.Server;

namespace RestBroker.Tests.Cli;

/// <summary>Groups against the real server.</summary>
public sealed class GroupCommandTests : IAsyncDisposable
{
    private readonly TestBroker _broker = TestBroker.Start();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task A_group_goes_on_where_its_last_member_stopped()
    {
        await OutputAsync("topics create t --partitions 1");
        await RunAsync("produce t", "a\nb\nc\nd\n");

        Assert.Equal("a\nb\n", await OutputAsync("consume t --group g --from-beginning --max-messages 2"));
        Assert.Equal("c\n", await OutputAsync("consume t --group g --max-messages 1"));

        Assert.Equal("g\n", await OutputAsync("groups list"));
        Assert.Equal(
            "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID\ng     t     0         3              4              1   -\n",
            await OutputAsync("groups describe g"));
    }

    [Fact]
    public async Task Members_share_a_topic_and_print_every_record_once_in_the_order_of_its_key()
    {
        await OutputAsync("topics create t --partitions 6");
        await using var first = LiveRun.Start(Args("consume t --group g --from-beginning"));
        await using var second = LiveRun.Start(Args("consume t --group g --from-beginning"));
        await using var third = LiveRun.Start(Args("consume t --group g --from-beginning"));
        LiveRun[] members = [first, second, third];
        var lines = Enumerable.Range(0, 3_000).Select(number => $"host{number % 37} line {number}").ToArray();

        await RunAsync("produce t --key-field 1", string.Join('\n', lines));
        await LiveRun.WaitForLinesAsync(members, lines.Length);
        foreach (var member in members) Assert.Equal(130, await member.InterruptAsync());

        Assert.Equal(lines.Order(), members.SelectMany(member => member.Lines).Order());
        foreach (var hosts in members.SelectMany(member => member.Lines.GroupBy(line => line.Split(' ')[0])))
            Assert.Equal(hosts.OrderBy(line => int.Parse(line.Split(' ')[2], null)), hosts);
        Assert.DoesNotContain("consume", await OutputAsync("groups describe g"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reset_shows_its_plan_and_changes_nothing_until_it_is_executed()
    {
        await OutputAsync("topics create t --partitions 1");
        await RunAsync("produce t", "a\nb\n");
        await OutputAsync("consume t --group g --from-beginning --max-messages 2");

        var plan = await RunAsync("groups reset-offsets g --to earliest");
        Assert.Equal("GROUP TOPIC PARTITION OLD-OFFSET NEW-OFFSET\ng     t     0         2          0\n", plan.Output);
        Assert.Equal("Nothing was changed; --execute does it.\n", plan.Error);
        Assert.Contains(" 2 ", await OutputAsync("groups describe g"), StringComparison.Ordinal);

        await OutputAsync("groups reset-offsets g --to earliest --execute");
        Assert.Equal("a\nb\n", await OutputAsync("consume t --group g --max-messages 2"));
        Assert.Equal("Deleted group g.\n", await OutputAsync("groups delete g"));
        Assert.Equal("", await OutputAsync("groups list"));
    }

    [Fact]
    public async Task A_reset_of_one_topic_leaves_the_others()
    {
        foreach (var topic in new[] { "a", "b" })
        {
            await OutputAsync($"topics create {topic} --partitions 1");
            await RunAsync($"produce {topic}", "1\n2\n3\n");
        }
        await _broker.PutAsync("/v1/groups/g", """{"topics":["a","b"],"from":"earliest"}""");

        await OutputAsync("groups reset-offsets g --to -1 --topic b --execute");

        Assert.Equal(
            [
                "GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID",
                "g     a     0         -              3              3   -",
                "g     b     0         2              3              1   -",
                "",
            ],
            (await OutputAsync("groups describe g")).Split('\n'));
    }

    [Fact]
    public async Task A_new_group_without_a_start_begins_at_what_is_new()
    {
        await OutputAsync("topics create t --partitions 1");
        await RunAsync("produce t", "old\n");

        Assert.Equal("", await OutputAsync("consume t --group g --idle-exit 0"));
        await RunAsync("produce t", "new\n");
        Assert.Equal("new\n", await OutputAsync("consume t --group g --max-messages 1"));
    }

    private string[] Args(string commandLine) => [.. commandLine.Split(' '), "--server", _broker.Address.ToString()];

    private Task<CommandRun> RunAsync(string commandLine, string input = "") => CommandRun.RunAsync(input, Args(commandLine));

    private async Task<string> OutputAsync(string commandLine)
    {
        var run = await RunAsync(commandLine);
        Assert.True(run.ExitCode == 0, run.Error);
        return run.Output;
    }
}
