using System.Text.Json;
using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>Reads a record's headers: <c>[["name","text"],["name",{"base64":"…"}],["name",null]]</c>.</summary>
internal static class HeaderJsonReader
{
    private const string Form = "Headers are pairs: [[\"name\",\"text\"],[\"name\",{\"base64\":\"…\"}],[\"name\",null]].";

    public static Header[] Read(ref Utf8JsonReader json, ReadOnlyMemory<byte> source, string member, RecordFaults faults)
    {
        if (json.TokenType == JsonTokenType.Null) return [];
        if (json.TokenType != JsonTokenType.StartArray)
        {
            RecordJsonReader.Refuse(ref json, member, Form, faults);
            return [];
        }

        var headers = new List<Header>();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType == JsonTokenType.StartArray) headers.Add(Pair(ref json, source, member, faults));
            else RecordJsonReader.Refuse(ref json, member, Form, faults);
        }

        return [.. headers];
    }

    private static Header Pair(ref Utf8JsonReader json, ReadOnlyMemory<byte> source, string member, RecordFaults faults)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.EndArray)
        {
            faults.Add(member, Form);
            return default;
        }

        var name = RecordJsonReader.Text(ref json, source, member, faults) ?? ReadOnlyMemory<byte>.Empty;
        json.Read();
        if (json.TokenType == JsonTokenType.EndArray)
        {
            faults.Add(member, Form);
            return new Header(name, null);
        }

        var value = Value(ref json, source, member, faults);
        json.Read();
        if (json.TokenType == JsonTokenType.EndArray) return new Header(name, value);
        faults.Add(member, Form);
        do RecordJsonReader.Skip(ref json);
        while (json.Read() && json.TokenType != JsonTokenType.EndArray);

        return new Header(name, value);
    }

    private static ReadOnlyMemory<byte>? Value(ref Utf8JsonReader json, ReadOnlyMemory<byte> source, string member, RecordFaults faults)
    {
        if (json.TokenType != JsonTokenType.StartObject) return RecordJsonReader.Text(ref json, source, member, faults, nullable: true);
        json.Read();
        if (json.TokenType != JsonTokenType.PropertyName || !json.ValueTextEquals("base64"u8))
        {
            faults.Add(member, Form);
            SkipObject(ref json);
            return null;
        }

        json.Read();
        var value = RecordJsonReader.Base64(ref json, member, faults);
        json.Read();
        if (json.TokenType == JsonTokenType.EndObject) return value;
        faults.Add(member, Form);
        SkipObject(ref json);
        return value;
    }

    // Stands inside an object, on a name or on its end; leaves the reader on the end.
    private static void SkipObject(ref Utf8JsonReader json)
    {
        while (json.TokenType != JsonTokenType.EndObject)
        {
            RecordJsonReader.Skip(ref json);
            if (!json.Read()) return;
        }
    }
}
