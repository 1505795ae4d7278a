using System.Text;
using Microsoft.Net.Http.Headers;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Sends a record's value as it was stored, with the media type it came with. What users stored must never run on this origin: it is a
/// download in a sandbox, of exactly the type it says.
/// </summary>
internal static class RawValue
{
    private const string Bytes = "application/octet-stream";

    /// <exception cref="BrokerException">NotFound: a tombstone has no value.</exception>
    public static async Task WriteAsync(HttpResponse response, TopicPartition place, Record record, int maxDepth)
    {
        if (record.Value is not { } value)
        {
            throw new BrokerException(
                BrokerError.NotFound, $"Record {record.Offset} of {place} is a tombstone: it has a key and no value. The record itself is one path segment up.");
        }

        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        response.Headers.ContentDisposition = "attachment";
        response.ContentType = MediaType(value.Span, record.Headers, maxDepth);
        response.ContentLength = value.Length;
        await response.BodyWriter.WriteAsync(value);
    }

    // A header that another client wrote may hold anything; only a media type gets into the answer.
    private static string MediaType(ReadOnlySpan<byte> value, RecordHeaders headers, int maxDepth)
    {
        foreach (var header in headers)
        {
            if (!header.Name.Span.SequenceEqual("content-type"u8) || header.Value is not { } type) continue;
            var text = Encoding.Latin1.GetString(type.Span);
            return MediaTypeHeaderValue.TryParse(text, out var parsed) && Ascii.IsValid(text) ? parsed.ToString() : Bytes;
        }

        return RecordFormats.Of(value, headers, maxDepth) switch
        {
            RecordFormat.Json => ContentTypes.Json,
            RecordFormat.Text => "text/plain; charset=utf-8",
            _ => Bytes,
        };
    }
}
