using RestBroker.Cli.Client;

namespace RestBroker.Cli.Topics;

/// <summary>The lines of kafka-topics.sh --describe, so that scripts made for it go on working.</summary>
internal static class TopicLines
{
    public static IEnumerable<string> Describe(TopicDescription topic)
    {
        var configs = string.Join(',', (topic.Configs ?? []).Select(config => $"{config.Key}={config.Value}"));
        yield return $"Topic: {topic.Name}\tTopicId: {topic.TopicId}\tPartitionCount: {topic.PartitionCount}\tReplicationFactor: {topic.ReplicationFactor}\tConfigs: {configs}";
        foreach (var partition in topic.Partitions ?? [])
            yield return $"\tTopic: {topic.Name}\tPartition: {partition.Partition}\tLeader: {partition.Leader}\tReplicas: {Join(partition.Replicas)}\tIsr: {Join(partition.Isr)}";
    }

    private static string Join(IReadOnlyList<int> nodes) => string.Join(',', nodes);
}
