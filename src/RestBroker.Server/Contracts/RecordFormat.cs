using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using RestBroker.Core.Records;

namespace RestBroker.Server.Contracts;

/// <summary>In which member a record's value is shown: <c>value</c>, <c>text</c> or <c>base64</c>.</summary>
internal enum RecordFormat
{
    /// <summary>Any JSON, as it was sent.</summary>
    Json,

    /// <summary>A string of valid UTF-8.</summary>
    Text,

    /// <summary>Bytes.</summary>
    Base64,
}

/// <summary>
/// Decides a record's format by the record alone: the hidden header <c>rb-format</c>, then <c>content-type</c>, then the bytes. The
/// producer's side asks the same question and adds <c>rb-format</c> only where the answer would not be the member that was used.
/// </summary>
internal static class RecordFormats
{
    /// <summary>The hidden header.</summary>
    public const string FormatHeader = "rb-format";

    /// <summary>The hidden header of an idempotent request's first record.</summary>
    public const string IdempotencyHeader = "rb-idempotency";

    private static readonly byte[] FormatHeaderBytes = Encoding.ASCII.GetBytes(FormatHeader);
    private static readonly byte[] ContentTypeBytes = "content-type"u8.ToArray();
    private static readonly byte[] JsonBytes = "json"u8.ToArray();
    private static readonly byte[] TextBytes = "text"u8.ToArray();
    private static readonly byte[] Base64Bytes = "base64"u8.ToArray();

    /// <summary>Whether a header is the broker's own and not shown.</summary>
    public static bool IsHidden(ReadOnlySpan<byte> headerName) =>
        headerName.SequenceEqual(FormatHeaderBytes) || headerName.SequenceEqual("rb-idempotency"u8);

    /// <summary>Whether a header was made by <see cref="Header"/> and not by a client.</summary>
    public static bool IsOwn(Header header) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(header.Name, out var name) && ReferenceEquals(name.Array, FormatHeaderBytes);

    /// <summary>The header that fixes a format.</summary>
    public static Header Header(RecordFormat format) => new(FormatHeaderBytes, format switch
    {
        RecordFormat.Json => JsonBytes,
        RecordFormat.Text => TextBytes,
        _ => Base64Bytes,
    });

    /// <summary>The format of a value with these headers.</summary>
    public static RecordFormat Of(ReadOnlySpan<byte> value, RecordHeaders headers, int maxDepth)
    {
        ReadOnlyMemory<byte>? contentType = null;
        foreach (var header in headers)
        {
            if (header.Value is not { } text) continue;
            if (header.Name.Span.SequenceEqual(FormatHeaderBytes) && Fixed(text.Span, value, maxDepth) is { } format) return format;
            if (header.Name.Span.SequenceEqual(ContentTypeBytes)) contentType ??= text;
        }

        return Of(value, contentType is { } type ? type.Span : default, contentType is not null, maxDepth);
    }

    /// <summary>The format of a value that will be stored with these headers, none of which is <c>rb-format</c>.</summary>
    public static RecordFormat Of(ReadOnlySpan<byte> value, IReadOnlyList<Header> headers, int maxDepth)
    {
        foreach (var header in headers)
        {
            if (header.Value is { } type && header.Name.Span.SequenceEqual(ContentTypeBytes)) return Of(value, type.Span, true, maxDepth);
        }

        return Of(value, default, false, maxDepth);
    }

    /// <summary>Whether some bytes are one JSON value, no deeper than allowed.</summary>
    public static bool IsJson(ReadOnlySpan<byte> value, int maxDepth)
    {
        // The reader does not look into strings; what is shown as JSON must be UTF-8 all the same.
        if (!Utf8.IsValid(value)) return false;
        var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = maxDepth });
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static RecordFormat Of(ReadOnlySpan<byte> value, ReadOnlySpan<byte> contentType, bool hasContentType, int maxDepth)
    {
        if (hasContentType)
        {
            if (ContentTypes.IsJson(contentType)) return IsJson(value, maxDepth) ? RecordFormat.Json : RecordFormat.Base64;
            return ContentTypes.IsText(contentType) && Utf8.IsValid(value) ? RecordFormat.Text : RecordFormat.Base64;
        }

        if (value.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)'"', ..] && IsJson(value, maxDepth)) return RecordFormat.Json;
        return Utf8.IsValid(value) ? RecordFormat.Text : RecordFormat.Base64;
    }

    // A header that another client wrote may promise what the bytes do not keep; a bad record never fails a fetch.
    private static RecordFormat? Fixed(ReadOnlySpan<byte> format, ReadOnlySpan<byte> value, int maxDepth)
    {
        if (format.SequenceEqual(JsonBytes) && IsJson(value, maxDepth)) return RecordFormat.Json;
        if (format.SequenceEqual(TextBytes) && Utf8.IsValid(value)) return RecordFormat.Text;
        return format.SequenceEqual(Base64Bytes) ? RecordFormat.Base64 : null;
    }
}
