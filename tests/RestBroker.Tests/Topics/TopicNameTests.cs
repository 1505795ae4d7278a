using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Topics;

public sealed class TopicNameTests
{
    private const string LongestName =
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        + "0123456789012345678901234567890123456789012345678";

    [Theory]
    [InlineData("a")]
    [InlineData("Orders.v1_eu-west")]
    [InlineData("...")]
    [InlineData("-")]
    [InlineData("_")]
    [InlineData("__consumer_offsets")]
    [InlineData(LongestName)]
    public void A_name_that_obeys_the_rule_is_taken(string name)
    {
        Assert.True(TopicName.IsValid(name));
        TopicName.Require(name);
        TopicName.RequireMemberOrGroup(name, "group");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("a~b")]
    [InlineData("a%2e")]
    [InlineData("ordérs")]
    [InlineData("주문")]
    [InlineData(LongestName + "x")]
    public void A_name_that_breaks_the_rule_is_refused_with_the_rule(string name)
    {
        var topic = Assert.Throws<BrokerException>(() => TopicName.Require(name));
        var group = Assert.Throws<BrokerException>(() => TopicName.RequireMemberOrGroup(name, "group"));

        Assert.Equal((BrokerError.InvalidTopic, BrokerError.InvalidName), (topic.Error, group.Error));
        Assert.Contains("A-Z a-z 0-9 . _ -", topic.Message);
        Assert.Contains("group name", group.Message);
        Assert.InRange(topic.Message.Length, 1, 250);
    }

    [Theory]
    [InlineData("__consumer_offsets", true)]
    [InlineData("__", true)]
    [InlineData("_orders", false)]
    [InlineData("orders__", false)]
    public void Two_underscores_in_front_mark_the_brokers_own_topics(string name, bool isInternal) =>
        Assert.Equal(isInternal, TopicName.IsInternal(name));

    [Theory]
    [InlineData("a.b", "a_b", true)]
    [InlineData("a.b.c", "a_b.c", true)]
    [InlineData("a.b", "a-b", false)]
    [InlineData("a.b", "A.b", false)]
    public void Names_that_differ_in_dot_and_underscore_alone_collide(string one, string other, bool collide) =>
        Assert.Equal(collide, TopicName.CollisionKey(one) == TopicName.CollisionKey(other));
}
