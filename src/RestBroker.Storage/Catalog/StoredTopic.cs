using System.Text.Json;
using System.Text.Json.Serialization;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Catalog;

/// <summary>A topic as the <c>__metadata</c> log holds it.</summary>
internal sealed record StoredTopic(
    string Name, Guid TopicId, int PartitionCount, long Version, IReadOnlyDictionary<string, string> Configs)
{
    private const byte FormatVersion = 1;
    private const int KeySize = 17;

    /// <summary>The only node.</summary>
    private static readonly int[] Node = [1];

    /// <summary>The record's key: a version byte and the topic's id.</summary>
    public static byte[] KeyOf(Guid topicId)
    {
        var key = new byte[KeySize];
        key[0] = FormatVersion;
        topicId.TryWriteBytes(key.AsSpan(1), bigEndian: true, out _);
        return key;
    }

    public static Guid? IdOf(ReadOnlySpan<byte> key) =>
        key.Length == KeySize && key[0] == FormatVersion ? new Guid(key[1..], bigEndian: true) : null;

    /// <summary>The record's value: a version byte and JSON.</summary>
    public byte[] ToValue() => [FormatVersion, .. JsonSerializer.SerializeToUtf8Bytes(this, StoredTopicJson.Default.StoredTopic)];

    public static StoredTopic? FromValue(ReadOnlySpan<byte> value) =>
        value.Length > 1 && value[0] == FormatVersion ? JsonSerializer.Deserialize(value[1..], StoredTopicJson.Default.StoredTopic) : null;

    /// <summary>Adds what a record of the log tells to what those before it told; returns the id of the topic that it deletes.</summary>
    public static Guid? Apply(Record record, Dictionary<Guid, StoredTopic> topics)
    {
        if (record.Key is not { } key || IdOf(key.Span) is not { } id) return null;
        if (record.Value is not { } value)
        {
            topics.Remove(id); // the record before it may have gone with a compaction
            return id;
        }

        if (FromValue(value.Span) is { } stored) topics[id] = stored;
        return null;
    }

    public TopicDescription Describe() => new(
        Name, TopicId, 1, TopicConfig.Parse(Configs), Version,
        [.. Enumerable.Range(0, PartitionCount).Select(partition => new PartitionReplicas(partition, Node[0], Node, Node))]);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(StoredTopic))]
internal sealed partial class StoredTopicJson : JsonSerializerContext;
