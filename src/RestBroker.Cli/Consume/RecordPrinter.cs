using System.Buffers.Text;
using System.Text.Json;

namespace RestBroker.Cli.Consume;

internal enum Column
{
    Key,
    Headers,
    Offset,
    Timestamp,
    Partition,
    Topic,
    Receipt,
    Deliveries,
}

/// <summary>
/// One line per record: the value's bytes alone, tab-separated columns with the value last, or the record as JSON. One thread.
/// </summary>
internal sealed class RecordPrinter(RecordOutput output, IReadOnlyList<Column> columns, bool asJson)
{
    private readonly TokenText _text = new();

    public void Print(in FetchedRecord record)
    {
        if (asJson) PrintJson(record.Json.Span);
        else if (columns.Count == 0) output.Write(Decode(record.Value));
        else PrintColumns(record);
        output.Write((byte)'\n');
    }

    // Line breaks can only stand between tokens, where a space says the same.
    private void PrintJson(ReadOnlySpan<byte> json)
    {
        while (json.IndexOfAny("\r\n"u8) is >= 0 and var position)
        {
            output.Write(json[..position]);
            output.Write((byte)' ');
            json = json[(position + 1)..];
        }
        output.Write(json);
    }

    private void PrintColumns(in FetchedRecord record)
    {
        foreach (var column in columns)
        {
            PrintColumn(column, record);
            output.Write((byte)'\t');
        }
        PrintEscaped(Decode(record.Value));
    }

    private void PrintColumn(Column column, in FetchedRecord record)
    {
        switch (column)
        {
            case Column.Key: PrintEscaped(Decode(record.Key)); break;
            case Column.Headers: PrintHeaders(record.Headers.Span); break;
            case Column.Offset: PrintNumber(record.Offset); break;
            case Column.Timestamp: PrintEscaped(Decode(record.Timestamp)); break;
            case Column.Partition: PrintNumber(record.Partition); break;
            case Column.Receipt: PrintEscaped(Decode(record.Receipt)); break;
            case Column.Deliveries: PrintEscaped(Decode(record.Deliveries)); break;
            case Column.Topic: PrintEscaped(System.Text.Encoding.UTF8.GetBytes(record.Topic)); break;
        }
    }

    /// <summary><c>name=value,name=value</c>, as --header takes them.</summary>
    private void PrintHeaders(ReadOnlySpan<byte> headers)
    {
        if (headers.IsEmpty) return;
        var json = new Utf8JsonReader(headers);
        json.Read();
        for (var first = true; json.Read() && json.TokenType == JsonTokenType.StartArray; first = false)
        {
            if (!first) output.Write((byte)',');
            json.Read();
            PrintEscaped(_text.Decode(Cut(headers, ref json, TokenKind.Text)));
            output.Write((byte)'=');
            json.Read();
            PrintHeaderValue(headers, ref json);
            json.Read();
        }
    }

    private void PrintHeaderValue(ReadOnlySpan<byte> headers, ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject)
        {
            PrintEscaped(json.TokenType == JsonTokenType.Null ? "null"u8 : _text.Decode(Cut(headers, ref json, TokenKind.Text)));
            return;
        }
        json.Read();
        json.Read();
        PrintEscaped(_text.Decode(Cut(headers, ref json, TokenKind.Base64)));
        json.Read();
    }

    private static Token Cut(ReadOnlySpan<byte> headers, ref Utf8JsonReader json, TokenKind kind) =>
        new(kind, headers[(int)json.TokenStartIndex..(int)json.BytesConsumed].ToArray());

    private ReadOnlySpan<byte> Decode(Token token) => token.Json.IsEmpty ? "null"u8 : _text.Decode(token);

    // Only what would break the columns is escaped, so that JSON values stay JSON; --json is the form without any doubt.
    private void PrintEscaped(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOfAny("\t\r\n"u8) is >= 0 and var position)
        {
            output.Write(bytes[..position]);
            output.Write(bytes[position] switch { (byte)'\t' => "\\t"u8, (byte)'\r' => "\\r"u8, _ => "\\n"u8 });
            bytes = bytes[(position + 1)..];
        }
        output.Write(bytes);
    }

    private void PrintNumber(long number)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(number, digits, out var length);
        output.Write(digits[..length]);
    }
}
