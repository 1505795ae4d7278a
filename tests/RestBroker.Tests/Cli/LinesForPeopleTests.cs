using RestBroker.Cli.Bench;
using RestBroker.Cli.Client;
using RestBroker.Cli.Consume;
using RestBroker.Cli.Groups;
using RestBroker.Cli.Topics;

namespace RestBroker.Tests.Cli;

public sealed class LinesForPeopleTests
{
    [Fact]
    public void A_topic_is_described_in_the_words_of_kafka_topics()
    {
        var topic = new TopicDescription("t", "Ab1", 2, 1, new() { ["retention.ms"] = "5", ["durability"] = "fsync" }, [new(0, 1, [1], [1]), new(1, 1, [1, 2], [1])]);

        Assert.Equal(
            [
                "Topic: t\tTopicId: Ab1\tPartitionCount: 2\tReplicationFactor: 1\tConfigs: durability=fsync,retention.ms=5",
                "\tTopic: t\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1",
                "\tTopic: t\tPartition: 1\tLeader: 1\tReplicas: 1,2\tIsr: 1",
            ],
            TopicLines.Describe(topic));
    }

    [Fact]
    public void A_group_is_described_in_the_columns_of_kafka_consumer_groups()
    {
        var lag = new GroupLag("g", [new("orders", [new(0, 12, 15, 3, "m-1"), new(1, null, 7, 7, null)])]);

        Assert.Equal(
            [
                "GROUP TOPIC  PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID",
                "g     orders 0         12             15             3   m-1",
                "g     orders 1         -              7              7   -",
            ],
            GroupLines.Describe(lag));
    }

    [Fact]
    public void Only_what_the_group_has_stored_may_be_printed_again()
    {
        var printed = new PrintedPositions();
        printed.Add(Record(0, 4));
        printed.Add(Record(1, 9));

        printed.Confirm([new("t", 0, 5), new("t", 1, 9)]);

        Assert.False(printed.Contains(Record(0, 4)));
        Assert.True(printed.Contains(Record(1, 9)));
        Assert.False(printed.Contains(Record(1, 10)));
        Assert.Equal([new PartitionOffset("t", 1, 10)], printed.ToOffsets());
    }

    [Fact]
    public void A_percentile_is_a_latency_that_was_seen()
    {
        var result = new BenchResult(100, 1_000, TimeSpan.FromSeconds(1), Enumerable.Range(1, 100).Select(number => TimeSpan.FromMilliseconds(number)));

        Assert.Equal((50, 99), (result.Percentile(50).TotalMilliseconds, result.Percentile(99).TotalMilliseconds));
        Assert.Contains("100 rec/s", result.Describe("produced"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_one_line_whatever_the_server_sends()
    {
        var refusal = new ApiException(new() { Status = 422, Title = "No", Detail = "a\nb\u001b[31m", Errors = [new("/records/3", "too-long", null)] });

        Assert.Equal("No: a b [31m (/records/3 too-long)", refusal.Message);
    }

    private static FetchedRecord Record(int partition, long offset) => new() { Json = default, Topic = "t", Partition = partition, Offset = offset };
}
