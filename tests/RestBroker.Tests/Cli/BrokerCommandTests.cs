using RestBroker.Tests.Server;

namespace RestBroker.Tests.Cli;

/// <summary>Commands against the real server.</summary>
public sealed class BrokerCommandTests : IAsyncDisposable
{
    private readonly TestBroker _broker = TestBroker.Start();

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task A_topic_is_created_listed_described_altered_and_deleted()
    {
        Assert.Equal("Created topic orders.\n", await OutputAsync("topics create orders --partitions 2 --config retention.ms=60000"));
        Assert.Equal("Topic orders exists.\n", await OutputAsync("topics create orders --if-not-exists"));
        Assert.Equal("orders\n", await OutputAsync("topics list"));

        Assert.Equal("Altered topic orders.\n", await OutputAsync("topics alter orders --partitions 3 --config durability=async --delete-config retention.ms"));
        var described = (await OutputAsync("topics describe orders")).Split('\n');
        Assert.Matches("^Topic: orders\tTopicId: [^\t]+\tPartitionCount: 3\tReplicationFactor: 1\tConfigs: durability=async$", described[0]);
        Assert.Equal(["\tTopic: orders\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1", "\tTopic: orders\tPartition: 1\tLeader: 1\tReplicas: 1\tIsr: 1", "\tTopic: orders\tPartition: 2\tLeader: 1\tReplicas: 1\tIsr: 1", ""], described[1..]);

        Assert.Equal("Deleted topic orders.\n", await OutputAsync("topics delete orders"));
        Assert.Equal("", await OutputAsync("topics list"));
    }

    [Theory]
    [InlineData("topics describe nowhere")]
    [InlineData("topics alter nowhere --partitions 2")]
    [InlineData("topics delete nowhere")]
    [InlineData("topics create bad --config colour=red")]
    [InlineData("topics create __own")]
    [InlineData("consume nowhere")]
    [InlineData("groups describe nowhere")]
    [InlineData("groups delete nowhere")]
    [InlineData("groups reset-offsets nowhere --to earliest --execute")]
    public async Task A_refusal_is_one_line_and_1(string commandLine)
    {
        var run = await RunAsync(commandLine);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Matches("^restbroker: [^\n]+\n$", run.Error);
    }

    [Fact]
    public async Task Text_comes_out_as_it_went_in()
    {
        await OutputAsync("topics create t --partitions 1");
        var lines = "plain\n\n{\"looks\": \"like JSON\"}\n42\nnull\n\"quoted\"\ttab \\ \u00e9 \U0001F600\n";

        Assert.Equal("6 records to t\n", (await RunAsync("produce t", lines)).Error);

        Assert.Equal(lines, await OutputAsync("consume t --from-beginning --max-messages 6"));
    }

    [Fact]
    public async Task JSON_comes_out_token_for_token()
    {
        await OutputAsync("topics create t --partitions 1");
        var lines = "{\"n\":1.00, \"n\":2}\n[]\n\"s\"\n17\n";

        await RunAsync("produce t --format json", lines);

        Assert.Equal(lines, await OutputAsync("consume t --from-beginning --max-messages 4"));
    }

    [Fact]
    public async Task Bytes_come_out_as_they_went_in()
    {
        await OutputAsync("topics create t --partitions 1");
        byte[] bytes = [0, 0xFF, (byte)'\n', 0xC3];
        using var directory = new TempDirectory();
        var path = Path.Combine(directory.Path, "bytes");
        await File.WriteAllBytesAsync(path, bytes);

        Assert.Equal("1 record to t\n", (await CommandRun.RunAsync([.. Args("produce t --format raw --key k --header a=b"), "--file", path])).Error);

        var run = await RunAsync("consume t --from-beginning --max-messages 1");
        Assert.Equal([.. bytes, (byte)'\n'], run.OutputBytes);
        Assert.Contains("\"base64\":\"AP8Kww==\"", await OutputAsync("consume t --from-beginning --max-messages 1 --json"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_show_what_was_produced()
    {
        await OutputAsync("topics create t --partitions 3");

        await RunAsync("produce t --key-separator : --partition 2 --header a=1 --header b=x=y", "k:v\n:w\n");

        Assert.Equal(
            "k\ta=1,b=x=y\t0\t2\tt\tv\n\ta=1,b=x=y\t1\t2\tt\tw\n",
            await OutputAsync("consume t --partition 2 --from earliest --max-messages 2 --print key,headers,offset,partition,topic,value"));
    }

    [Fact]
    public async Task Lines_of_one_key_keep_the_order_of_the_file()
    {
        await OutputAsync("topics create t --partitions 6");
        var lines = Enumerable.Range(0, 5_000).Select(number => $"host{number % 37} line {number}").ToArray();

        Assert.Equal("5,000 records to t\n", (await RunAsync("produce t --key-field 1", string.Join('\n', lines))).Error);

        var read = (await OutputAsync("consume t --from-beginning --max-messages 5000")).Split('\n')[..^1];
        Assert.Equal(lines.GroupBy(Host).OrderBy(group => group.Key).SelectMany(group => group), read.GroupBy(Host).OrderBy(group => group.Key).SelectMany(group => group));
        Assert.True(read.Length == lines.Length);

        static string Host(string line) => line.Split(' ')[0];
    }

    [Fact]
    public async Task A_consumer_without_a_start_prints_only_what_is_new_and_ends_on_interruption_with_130()
    {
        await OutputAsync("topics create t --partitions 1");
        await RunAsync("produce t", "old\n");
        await using var consumer = LiveRun.Start(Args("consume t"));

        // Whatever is produced before the consumer has its position is old to it.
        for (var number = 0; consumer.Lines.Length == 0; number++) await RunAsync("produce t", $"new {number}\n");
        await RunAsync("produce t", "last\n");
        await consumer.WaitForLineAsync("last");

        Assert.Equal(130, await consumer.InterruptAsync());
        Assert.DoesNotContain("old", consumer.Lines);
        Assert.Equal(consumer.Lines.Distinct(), consumer.Lines);
        Assert.Empty(consumer.ErrorLines);
    }

    [Fact]
    public async Task An_idle_consumer_ends_with_0_where_that_is_asked_for()
    {
        await OutputAsync("topics create t --partitions 1");
        await RunAsync("produce t", "a\nb\nc\n");

        Assert.Equal("b\nc\n", await OutputAsync("consume t --from -2 --idle-exit 0.2"));
    }

    [Fact]
    public async Task The_benchmark_reads_back_what_it_wrote()
    {
        var lines = (await OutputAsync("bench speed --records 2500 --size 20 --connections 3 --batch 200")).Split('\n');

        Assert.StartsWith("produced 2,500 records in ", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("consumed 2,500 records in ", lines[1], StringComparison.Ordinal);
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
