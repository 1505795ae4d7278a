using System.Buffers;
using System.Text.Json;

namespace RestBroker.Cli.Produce;

/// <summary>What all records of one command have in common.</summary>
internal sealed class RecordShape(bool isJson, IReadOnlyList<KeyValuePair<string, string>> headers)
{
    public bool IsJson => isJson;

    /// <summary>The headers member as JSON; empty when there is none.</summary>
    public ReadOnlyMemory<byte> Headers { get; } = headers.Count == 0 ? ReadOnlyMemory<byte>.Empty : Write(headers);

    private static ReadOnlyMemory<byte> Write(IReadOnlyList<KeyValuePair<string, string>> headers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartArray();
        foreach (var (name, value) in headers)
        {
            json.WriteStartArray();
            json.WriteStringValue(name);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }
        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }
}
