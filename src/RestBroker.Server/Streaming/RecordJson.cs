using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>How values are shown.</summary>
/// <param name="Forced">In this member whatever the record says; null = as the record says.</param>
/// <param name="MaxValueDepth">JSON that is deeper is not shown as JSON.</param>
internal readonly record struct RecordShape(RecordFormat? Forced, int MaxValueDepth);

/// <summary>Writes one record as JSON, in every dress the same; see <see cref="RecordResponse"/>. No record makes it fail.</summary>
internal static class RecordJson
{
    private static readonly JsonEncodedText Topic = JsonEncodedText.Encode("topic");
    private static readonly JsonEncodedText Partition = JsonEncodedText.Encode("partition");
    private static readonly JsonEncodedText Offset = JsonEncodedText.Encode("offset");
    private static readonly JsonEncodedText Timestamp = JsonEncodedText.Encode("timestamp");
    private static readonly JsonEncodedText Key = JsonEncodedText.Encode("key");
    private static readonly JsonEncodedText KeyBase64 = JsonEncodedText.Encode("keyBase64");
    private static readonly JsonEncodedText Headers = JsonEncodedText.Encode("headers");
    private static readonly JsonEncodedText Value = JsonEncodedText.Encode("value");
    private static readonly JsonEncodedText Text = JsonEncodedText.Encode("text");
    private static readonly JsonEncodedText Base64 = JsonEncodedText.Encode("base64");

    /// <summary>Writes a record as an object.</summary>
    public static void Write(Utf8JsonWriter json, string topic, int partition, in Record record, RecordShape shape)
    {
        json.WriteStartObject();
        WriteMembers(json, topic, partition, record, shape);
        json.WriteEndObject();
    }

    /// <summary>Writes a record's members into an object that the caller has begun and may add to.</summary>
    public static void WriteMembers(Utf8JsonWriter json, string topic, int partition, in Record record, RecordShape shape)
    {
        json.WriteString(Topic, topic);
        json.WriteNumber(Partition, partition);
        json.WriteNumber(Offset, record.Offset);
        json.WriteNumber(Timestamp, record.Timestamp);
        if (record.Key is { } key)
        {
            if (Utf8.IsValid(key.Span)) json.WriteString(Key, key.Span);
            else json.WriteBase64String(KeyBase64, key.Span);
        }

        WriteHeaders(json, record.Headers);
        WriteValue(json, record, shape);
    }

    private static void WriteHeaders(Utf8JsonWriter json, RecordHeaders headers)
    {
        json.WriteStartArray(Headers);
        foreach (var header in headers)
        {
            if (RecordFormats.IsHidden(header.Name.Span)) continue;
            json.WriteStartArray();
            json.WriteStringValue(header.Name.Span);
            if (header.Value is not { } value)
            {
                json.WriteNullValue();
            }
            else if (Utf8.IsValid(value.Span))
            {
                json.WriteStringValue(value.Span);
            }
            else
            {
                json.WriteStartObject();
                json.WriteBase64String(Base64, value.Span);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter json, in Record record, RecordShape shape)
    {
        if (record.Value is not { } value)
        {
            json.WriteNull(Value);
            return;
        }

        var format = shape.Forced ?? RecordFormats.Of(value.Span, record.Headers, shape.MaxValueDepth);
        if (format == RecordFormat.Json) WriteRaw(json, value.Span);
        else if (format == RecordFormat.Text && Utf8.IsValid(value.Span)) json.WriteString(Text, value.Span);
        else json.WriteBase64String(Base64, value.Span);
    }

    // Line breaks can stand only between the tokens of valid JSON; there they mean as much as spaces, and a line stays a line.
    private static void WriteRaw(Utf8JsonWriter json, ReadOnlySpan<byte> value)
    {
        json.WritePropertyName(Value);
        if (value.IndexOfAny((byte)'\r', (byte)'\n') < 0)
        {
            json.WriteRawValue(value, skipInputValidation: true);
            return;
        }

        var line = ArrayPool<byte>.Shared.Rent(value.Length);
        var copy = line.AsSpan(0, value.Length);
        value.CopyTo(copy);
        copy.Replace((byte)'\r', (byte)' ');
        copy.Replace((byte)'\n', (byte)' ');
        json.WriteRawValue(copy, skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(line);
    }
}
