using System.Text.Json;
using System.Text.Json.Serialization;

namespace RestBroker.Core.Groups;

/// <summary>A start position as the text of its <see cref="StartPosition.ToString"/>.</summary>
internal sealed class StartPositionJsonConverter : JsonConverter<StartPosition>
{
    public override StartPosition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        StartPosition.Parse(reader.GetString() ?? throw new JsonException());

    public override void Write(Utf8JsonWriter writer, StartPosition value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
