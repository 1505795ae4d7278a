using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RestBroker.Core.Engine;

namespace RestBroker.Core.Groups;

/// <summary>A start position as the text of its <see cref="StartPosition.ToString"/>.</summary>
internal sealed class StartPositionJsonConverter : JsonConverter<StartPosition>
{
    public override StartPosition Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString() switch
    {
        "earliest" => StartPosition.Earliest,
        "latest" => StartPosition.Latest,
        ['-', .. var count] => StartPosition.Last(Number(count)),
        var time => StartPosition.At(Number(time)),
    };

    public override void Write(Utf8JsonWriter writer, StartPosition value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());

    private static long Number(string? digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new JsonException();
}
