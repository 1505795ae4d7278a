namespace RestBroker.Cli.Consume;

/// <summary>How a key, a value or a header stands in the answer.</summary>
internal enum TokenKind
{
    /// <summary>JSON as it is.</summary>
    Json,

    /// <summary>A JSON string whose content counts.</summary>
    Text,

    /// <summary>A JSON string with bytes in base64.</summary>
    Base64,
}

/// <summary>A piece of the answer's bytes; empty = absent.</summary>
internal readonly record struct Token(TokenKind Kind, ReadOnlyMemory<byte> Json);

/// <summary>One record of a page. It points into the answer's body and is valid as long as that is.</summary>
internal readonly record struct FetchedRecord
{
    /// <summary>The whole record as the broker sent it.</summary>
    public required ReadOnlyMemory<byte> Json { get; init; }

    public required string Topic { get; init; }

    public required int Partition { get; init; }

    public required long Offset { get; init; }

    public Token Timestamp { get; init; }

    public Token Key { get; init; }

    public ReadOnlyMemory<byte> Headers { get; init; }

    public Token Value { get; init; }

    /// <summary>In a shared group: what the record is acknowledged by.</summary>
    public Token Receipt { get; init; }

    /// <summary>In a shared group: how often it was given out.</summary>
    public Token Deliveries { get; init; }

    /// <summary>The receipt as text; it holds nothing that JSON escapes.</summary>
    public string ReceiptText => System.Text.Encoding.ASCII.GetString(Receipt.Json.Span).Trim('"');
}
