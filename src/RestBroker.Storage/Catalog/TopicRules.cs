using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Catalog;

/// <summary>What this engine refuses of a topic. Pure.</summary>
internal sealed class TopicRules(LogConfig limits)
{
    /// <summary>How many partitions a new topic gets.</summary>
    public int Check(TopicSpec spec, TopicConfig config, CatalogSnapshot snapshot)
    {
        TopicName.Require(spec.Name);
        if (snapshot.Find(spec.Name) is not null)
            throw new BrokerException(BrokerError.TopicAlreadyExists, $"The topic '{spec.Name}' exists already.");
        CheckCollision(spec.Name, snapshot);
        if (spec.ReplicationFactor is not (null or 1))
            throw new BrokerException(BrokerError.InvalidReplicationFactor, $"The replication factor {spec.ReplicationFactor} is not possible: one broker keeps one copy. Give 1 or leave it out.");
        CheckConfig(config);
        var partitionCount = spec.PartitionCount ?? limits.DefaultPartitionCount;
        CheckPartitionCount(spec.Name, partitionCount, partitionCount, snapshot);
        if (snapshot.Topics.Count >= limits.MaxTopics)
            throw new BrokerException(BrokerError.LimitReached, $"There are {snapshot.Topics.Count} topics, and {limits.MaxTopics} is the most this broker keeps.");
        return partitionCount;
    }

    public void Check(TopicAlteration alteration, Topic topic, TopicConfig config, CatalogSnapshot snapshot)
    {
        CheckConfig(config);
        if (alteration.PartitionCount is not { } count || count == topic.Logs.Count) return;
        if (count < topic.Logs.Count)
            throw new BrokerException(BrokerError.InvalidPartitions, $"'{topic.Name}' has {topic.Logs.Count} partitions and cannot have {count}: their number only grows.");
        if (config.CleanupPolicy.HasFlag(CleanupPolicy.Compact))
            throw new BrokerException(BrokerError.PolicyViolation, $"'{topic.Name}' is compacted; with more partitions its keys would live in two places.");
        CheckPartitionCount(topic.Name, count, count - topic.Logs.Count, snapshot);
    }

    private static void CheckCollision(string name, CatalogSnapshot snapshot)
    {
        var key = TopicName.CollisionKey(name);
        if (snapshot.Topics.Keys.FirstOrDefault(other => TopicName.CollisionKey(other) == key) is { } twin)
            throw new BrokerException(BrokerError.TopicNameCollision, $"'{name}' differs from the topic '{twin}' only in '.' and '_', which metrics cannot tell apart.");
    }

    private void CheckPartitionCount(string name, int count, int added, CatalogSnapshot snapshot)
    {
        if (count < 1 || count > limits.MaxPartitionsPerTopic)
            throw new BrokerException(BrokerError.InvalidPartitions, $"'{name}' cannot have {count} partitions: give 1 to {limits.MaxPartitionsPerTopic}.");
        if (snapshot.PartitionCount + added > limits.MaxPartitions)
            throw new BrokerException(BrokerError.LimitReached, $"{added} more partitions would make {snapshot.PartitionCount + added}, and {limits.MaxPartitions} is the most this broker keeps.");
    }

    private static void CheckConfig(TopicConfig config)
    {
        if (config.MinInsyncReplicas > 1)
            throw new BrokerException(BrokerError.NotSupportedByEngine, $"min.insync.replicas={config.MinInsyncReplicas} is not possible: one broker keeps one copy. Give 1 or leave it out.");
    }
}
