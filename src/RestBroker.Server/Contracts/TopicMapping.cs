using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Contracts;

/// <summary>Topics between the waist's words and the API's.</summary>
internal static class TopicMapping
{
    public static TopicResponse ToResponse(this TopicDescription topic) => new(
        topic.Name,
        topic.TopicId,
        topic.Incarnation,
        topic.PartitionCount,
        topic.ReplicationFactor,
        topic.Config.Given,
        [.. topic.Partitions.Select(p => new PartitionReplicasResponse(p.Partition, p.Leader, p.Replicas, p.Isr))]);

    public static PartitionResponse ToResponse(this PartitionStatus status) => new(
        status.Partition,
        status.LogStartOffset,
        status.HighWatermark,
        status.NextOffset,
        status.Bytes,
        status.Cleaning is { } cleaning ? new CleaningResponse(cleaning.LastRunAt, cleaning.DirtyRatio, cleaning.ReclaimedBytes) : null);

    public static TopicSpec ToSpec(this PutTopicRequest? request, string name) =>
        new(name, request?.PartitionCount, request?.ReplicationFactor, Given(request?.Configs));

    public static TopicSpec ToSpec(this CreateTopicRequest request) =>
        new(request.Name, request.PartitionCount, request.ReplicationFactor, Given(request.Configs));

    /// <summary>Settings as text: numbers and booleans are accepted, null where <paramref name="configs"/> says null.</summary>
    public static Dictionary<string, string?> Texts(Dictionary<string, JsonElement>? configs)
    {
        var texts = new Dictionary<string, string?>();
        foreach (var (name, value) in configs ?? []) texts[name] = Text(name, value);
        return texts;
    }

    /// <summary>The members of a wish that the topic does not fulfil; members that were not given are not compared.</summary>
    public static List<FieldError> Differences(this TopicDescription topic, TopicSpec wish)
    {
        var differences = new List<FieldError>();
        Compare("/partitionCount", wish.PartitionCount, topic.PartitionCount);
        Compare("/replicationFactor", wish.ReplicationFactor, topic.ReplicationFactor);
        var wished = TopicConfig.Parse(wish.Configs);
        foreach (var (name, value) in wished.Given)
        {
            if (topic.Config.Value(name) == value) continue;
            differences.Add(new($"/configs/{name}", BrokerError.TopicAlreadyExists, $"{name} is {topic.Config.Value(name)}, not {value}."));
        }

        return differences;

        void Compare(string pointer, int? wanted, int actual)
        {
            if (wanted is null || wanted == actual) return;
            differences.Add(new(pointer, BrokerError.TopicAlreadyExists, $"{pointer[1..]} is {actual}, not {wanted}."));
        }
    }

    private static Dictionary<string, string> Given(Dictionary<string, JsonElement>? configs)
    {
        var given = new Dictionary<string, string>();
        foreach (var (name, text) in Texts(configs))
        {
            if (text is not null) given[name] = text;
        }

        return given;
    }

    private static string? Text(string name, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        _ => throw new BrokerException(BrokerError.InvalidRequest, $"The setting {name} must be a string, a number or a boolean.")
        {
            Errors = [new($"/configs/{name}", BrokerError.InvalidRequest, "Neither an object nor an array is a setting.")],
        },
    };
}
