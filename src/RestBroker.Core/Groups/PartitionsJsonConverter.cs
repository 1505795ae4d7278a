using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>Sorted partitions as <c>{"orders":[0,1],"payments":[2]}</c>: each topic's name is written once.</summary>
internal sealed class PartitionsJsonConverter : JsonConverter<ImmutableArray<TopicPartition>>
{
    public override ImmutableArray<TopicPartition> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var partitions = ImmutableArray.CreateBuilder<TopicPartition>();
        var topic = "";
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.TokenType == JsonTokenType.PropertyName) topic = reader.GetString()!;
            else if (reader.TokenType == JsonTokenType.Number) partitions.Add(new TopicPartition(topic, reader.GetInt32()));
        }

        return partitions.ToImmutable();
    }

    public override void Write(Utf8JsonWriter writer, ImmutableArray<TopicPartition> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var topic in value.GroupBy(partition => partition.Topic, StringComparer.Ordinal))
        {
            writer.WriteStartArray(topic.Key);
            foreach (var partition in topic) writer.WriteNumberValue(partition.Partition);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
