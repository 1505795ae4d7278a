using System.Text.Json;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Consume;

/// <summary>Cuts an answer into records without copying: a page is printed many times faster than it would be deserialized.</summary>
internal static class FetchPageReader
{
    /// <summary>Takes over the answer.</summary>
    public static FetchPage Read(BrokerAnswer answer)
    {
        var page = new FetchPage(answer);
        try
        {
            Read(answer.Body, page);
            if (page.Cursor is null && page.HeldMilliseconds is null) throw new JsonException("no cursor");
            return page;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            page.Dispose();
            throw new CommandFailedException("the answer is not a page of records. Is --server a RestBroker?", e);
        }
    }

    private static void Read(ReadOnlyMemory<byte> body, FetchPage page)
    {
        var json = new Utf8JsonReader(body.Span);
        Expect(ref json, JsonTokenType.StartObject);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("records"u8)) ReadRecords(body, ref json, page.Records);
            else if (json.ValueTextEquals("gaps"u8)) page.Gaps.AddRange(ReadObject(ref json, JsonContext.Default.GapArray) ?? []);
            else if (json.ValueTextEquals("lease"u8)) page.Lease = ReadObject(ref json, JsonContext.Default.LeaseIdentity);
            else if (json.ValueTextEquals("cursor"u8)) page.Cursor = json.Read() ? json.GetString() : null;
            else if (json.ValueTextEquals("expiresInMs"u8)) page.HeldMilliseconds = json.Read() ? json.GetInt64() : null;
            else json.Skip();
        }
    }

    private static void ReadRecords(ReadOnlyMemory<byte> body, ref Utf8JsonReader json, List<FetchedRecord> records)
    {
        Expect(ref json, JsonTokenType.StartArray);
        var topic = "";
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            var record = ReadRecord(body, ref json, topic);
            topic = record.Topic;
            records.Add(record);
        }
    }

    private static FetchedRecord ReadRecord(ReadOnlyMemory<byte> body, ref Utf8JsonReader json, string topicBefore)
    {
        var start = (int)json.TokenStartIndex;
        var (topic, partition, offset) = (topicBefore, 0, 0L);
        Token timestamp = default, key = default, headers = default, value = default, receipt = default, deliveries = default;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            // A page has one topic or few: the string of the record before is used again.
            if (json.ValueTextEquals("topic"u8)) topic = json.Read() && json.ValueTextEquals(topicBefore) ? topicBefore : json.GetString()!;
            else if (json.ValueTextEquals("partition"u8)) partition = json.Read() ? json.GetInt32() : 0;
            else if (json.ValueTextEquals("offset"u8)) offset = json.Read() ? json.GetInt64() : 0;
            else if (json.ValueTextEquals("timestamp"u8)) timestamp = Cut(body, ref json, TokenKind.Text);
            else if (json.ValueTextEquals("key"u8)) key = Cut(body, ref json, TokenKind.Text);
            else if (json.ValueTextEquals("keyBase64"u8)) key = Cut(body, ref json, TokenKind.Base64);
            else if (json.ValueTextEquals("headers"u8)) headers = Cut(body, ref json, TokenKind.Json);
            else if (json.ValueTextEquals("value"u8)) value = Cut(body, ref json, TokenKind.Json);
            else if (json.ValueTextEquals("text"u8)) value = Cut(body, ref json, TokenKind.Text);
            else if (json.ValueTextEquals("base64"u8)) value = Cut(body, ref json, TokenKind.Base64);
            else if (json.ValueTextEquals("receipt"u8)) receipt = Cut(body, ref json, TokenKind.Text);
            else if (json.ValueTextEquals("deliveryCount"u8)) deliveries = Cut(body, ref json, TokenKind.Json);
            else json.Skip();
        }
        return new FetchedRecord
        {
            Json = body[start..(int)json.BytesConsumed],
            Topic = topic,
            Partition = partition,
            Offset = offset,
            Timestamp = timestamp,
            Key = key,
            Headers = headers.Json,
            Value = value,
            Receipt = receipt,
            Deliveries = deliveries,
        };
    }

    /// <summary>The token after a property's name, with all that is in it. A null is no token, but as a value it is the tombstone that it says.</summary>
    private static Token Cut(ReadOnlyMemory<byte> body, ref Utf8JsonReader json, TokenKind kind)
    {
        json.Read();
        if (json.TokenType == JsonTokenType.Null && kind != TokenKind.Json) return default;
        var start = (int)json.TokenStartIndex;
        // A number stands for itself.
        if (json.TokenType != JsonTokenType.String) kind = TokenKind.Json;
        json.Skip();
        return new Token(kind, body[start..(int)json.BytesConsumed]);
    }

    private static T? ReadObject<T>(ref Utf8JsonReader json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        json.Read();
        return JsonSerializer.Deserialize(ref json, type);
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type) throw new JsonException($"expected {type}");
    }
}
