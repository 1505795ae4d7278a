using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Endpoints;

/// <summary>Finds what a path names, or refuses in the contract's words.</summary>
internal static class TopicLookup
{
    /// <exception cref="BrokerException">InvalidTopic, UnknownTopicOrPartition.</exception>
    public static async ValueTask<TopicDescription> GetTopicAsync(this ILogEngine engine, string topic, CancellationToken cancellationToken)
    {
        TopicName.Require(topic);
        return await engine.DescribeTopicAsync(topic, cancellationToken) ?? throw Unknown(topic);
    }

    public static BrokerException Unknown(string topic) =>
        new(BrokerError.UnknownTopicOrPartition, $"There is no topic {topic}. PUT /v1/topics/{topic} creates it.");

    /// <exception cref="BrokerException">UnknownTopicOrPartition.</exception>
    public static void RequirePartition(this TopicDescription topic, int partition)
    {
        if (partition >= 0 && partition < topic.PartitionCount) return;
        throw new BrokerException(
            BrokerError.UnknownTopicOrPartition, $"There is no partition {partition} in {topic.Name}; it has 0 to {topic.PartitionCount - 1}.");
    }
}
