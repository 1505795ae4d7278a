using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Problems;

namespace RestBroker.Server.Producing;

/// <summary>Reads a request's body into pooled memory, within a limit that is checked before the memory is taken.</summary>
internal static class RequestBody
{
    /// <exception cref="BrokerException">RequestTooLarge.</exception>
    public static async ValueTask<PooledBuffer> ReadAsync(HttpRequest request, int maxBytes, string limitName, CancellationToken cancellationToken)
    {
        if (request.ContentLength > maxBytes) throw TooLarge(maxBytes, limitName);
        var buffer = new PooledBuffer((int)(request.ContentLength ?? 4096));
        try
        {
            while (true)
            {
                var result = await request.BodyReader.ReadAsync(cancellationToken);
                if (buffer.Length + result.Buffer.Length > maxBytes) throw TooLarge(maxBytes, limitName);
                foreach (var segment in result.Buffer) buffer.Write(segment.Span);
                request.BodyReader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return buffer;
            }
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>Undoes the body's Content-Encoding; a JSON body within its limit needs no other budget.</summary>
    /// <exception cref="BrokerException">UnsupportedMediaType.</exception>
    public static void Decode(HttpContext context, RestBrokerOptions options) =>
        BodyEncoding.Undo(context, options.MaxRequestBodyBytes, options.MaxDecompressionRatio);

    /// <summary>Refuses a wish that would go unheard: a client that believes itself deduplicated or alone must not be told 200.</summary>
    /// <exception cref="BrokerException">NotSupportedByEngine.</exception>
    public static void RefuseUnheard(HttpRequest request, params ReadOnlySpan<string> headers)
    {
        foreach (var name in headers)
        {
            if (request.Headers.ContainsKey(name))
                throw new BrokerException(BrokerError.NotSupportedByEngine, $"The header {name} is not supported here; nothing was stored. Leave it out, and know that a retry can then store twice.");
        }
    }

    /// <summary>Whether the body is record batches as Kafka has them.</summary>
    public static bool IsRecordBatches(HttpRequest request) => MediaType(request).Equals(ContentTypes.RecordBatches, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the body is one record a line.</summary>
    /// <exception cref="BrokerException">UnsupportedMediaType: it is neither that nor JSON.</exception>
    public static bool IsNdjson(HttpRequest request)
    {
        var type = MediaType(request);
        if (type.Equals(ContentTypes.NdJson, StringComparison.OrdinalIgnoreCase)) return true;
        if (type.Equals(ContentTypes.Json, StringComparison.OrdinalIgnoreCase)) return false;
        throw BadRequestProblem.UnsupportedMediaType(request);
    }

    private static string MediaType(HttpRequest request) => (request.ContentType ?? "").Split(';')[0].Trim();

    private static BrokerException TooLarge(int maxBytes, string limitName) =>
        new(BrokerError.RequestTooLarge, $"The body has more than {maxBytes} bytes, which is {limitName}. Nothing was stored.");
}
