using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do with topics.</summary>
public abstract class TopicContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_created_topic_is_described_with_its_defaults()
    {
        var created = await CreateAsync("orders", 3);

        var described = await Engine.DescribeTopicAsync("orders", default);

        Assert.Same(created, described);
        Assert.Equal(3, described!.PartitionCount);
        Assert.Equal(1, described.Version);
        Assert.NotEqual(Guid.Empty, described.TopicId);
        Assert.All(described.Partitions, partition => Assert.Equal([partition.Leader], partition.Isr));
    }

    [Theory]
    [InlineData("orders", null, null, "", "", BrokerError.TopicAlreadyExists)]
    [InlineData("or.ders", null, null, "", "", BrokerError.None)]
    [InlineData("a/b", null, null, "", "", BrokerError.InvalidTopic)]
    [InlineData("..", null, null, "", "", BrokerError.InvalidTopic)]
    [InlineData("new", 0, null, "", "", BrokerError.InvalidPartitions)]
    [InlineData("new", 1_000_000, null, "", "", BrokerError.InvalidPartitions)]
    [InlineData("new", null, null, "no.such.key", "1", BrokerError.InvalidConfig)]
    [InlineData("new", null, null, "segment.bytes", "x", BrokerError.InvalidConfig)]
    public async Task A_topic_against_the_rules_is_refused(
        string name, int? partitions, int? replication, string key, string value, BrokerError expected)
    {
        await CreateAsync("orders", 1);
        var configs = key.Length == 0 ? [] : new Dictionary<string, string> { [key] = value };

        var error = await ErrorOf(() => Engine.CreateTopicAsync(new TopicSpec(name, partitions, replication, configs), default).AsTask());

        Assert.Equal(expected, error);
    }

    [Fact]
    public async Task Topics_that_differ_in_dot_and_underscore_only_are_twins()
    {
        await CreateAsync("a.b", 1);

        Assert.Equal(BrokerError.TopicNameCollision, await ErrorOf(() => CreateAsync("a_b", 1)));
    }

    [Fact]
    public async Task Settings_change_by_version()
    {
        var topic = await CreateAsync("orders", 1);

        var changed = await AlterAsync("orders", null, 1, ("retention.ms", "1000"));
        var back = await AlterAsync("orders", 3, null, ("retention.ms", null));

        Assert.Equal((2, "1000"), (changed.Version, changed.Config.Value("retention.ms")));
        Assert.Equal((3, 3, topic.TopicId), (back.Version, back.PartitionCount, back.TopicId));
        Assert.Empty(back.Config.Given);
        Assert.Equal(BrokerError.PreconditionFailed, await ErrorOf(() => AlterAsync("orders", null, 1)));
        Assert.Equal(BrokerError.InvalidPartitions, await ErrorOf(() => AlterAsync("orders", 2, null)));
        Assert.Equal(BrokerError.UnknownTopicOrPartition, await ErrorOf(() => AlterAsync("none", 2, null)));
        await ProduceAsync("orders", 2, "in a new partition");
    }

    [Fact]
    public async Task Topics_are_listed_in_pages_by_name()
    {
        foreach (var name in (string[])["b", "Z", "a1", "a2", "a-3", "__own"]) await CreateAsync(name, 1);

        Assert.Equal("Z a-3 a1 a2 b", await NamesAsync(new TopicQuery("", null, 9, false)));
        Assert.Equal("a-3 a1 …", await NamesAsync(new TopicQuery("a", null, 2, false)));
        Assert.Equal("a2", await NamesAsync(new TopicQuery("a", "a1", 2, false)));
        Assert.Equal("__own", await NamesAsync(new TopicQuery("__", null, 2, true)));
        await Engine.DeleteTopicAsync("a1", default);
        Assert.Equal("a-3 a2", await NamesAsync(new TopicQuery("a", null, 2, false)));
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_created_again_is_another()
    {
        var old = await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "one");
        await Engine.CommitOffsetsAsync("billing", [new CommittedOffset(new("orders", 0), old.TopicId, 1)], default);

        await Engine.DeleteTopicAsync("orders", default);
        Assert.Null(await Engine.DescribeTopicAsync("orders", default));
        Assert.Equal(BrokerError.UnknownTopicOrPartition, await ErrorOf(() => ProduceAsync("orders", 0, "lost")));
        var fresh = await CreateAsync("orders", 1);

        Assert.NotEqual(old.TopicId, fresh.TopicId);
        Assert.Empty(await ReadAsync("orders", 0, 0));
        Assert.Empty(await Engine.FetchCommittedOffsetsAsync("billing", default));
        Assert.Equal(BrokerError.TopicRecreated, await ErrorOf(() => ProduceAsync("orders", 0, old.TopicId, "to the old one")));
    }

    private async Task<TopicDescription> AlterAsync(string topic, int? partitions, long? version, params (string, string?)[] configs) =>
        await Engine.AlterTopicAsync(new TopicAlteration(topic, partitions, configs.ToDictionary(), version, null), default);

    private async Task<string> NamesAsync(TopicQuery query)
    {
        var page = await Engine.ListTopicsAsync(query, default);
        return string.Join(' ', page.Topics.Select(topic => topic.Name)) + (page.HasMore ? " …" : "");
    }
}
