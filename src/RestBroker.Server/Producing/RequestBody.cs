using System.Runtime.CompilerServices;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Problems;

namespace RestBroker.Server.Producing;

/// <summary>Reads a request's body into pooled memory, within a limit that is checked before the memory is taken.</summary>
internal static class RequestBody
{
    /// <summary>Bytes that a body is taken to have which does not say how many.</summary>
    public const int UsualSize = 4096;

    /// <summary>Appends the whole body to a buffer.</summary>
    /// <exception cref="BrokerException">RequestTooLarge.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask ReadAsync(HttpRequest request, PooledBuffer body, int maxBytes, string limitName)
    {
        RefuseTooLarge(request, maxBytes, limitName);
        body.Reserve((int)(request.ContentLength ?? UsualSize));
        while (true)
        {
            var result = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            if (body.Length + result.Buffer.Length > maxBytes) throw TooLarge(maxBytes, limitName);
            foreach (var segment in result.Buffer) body.Write(segment.Span);
            request.BodyReader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted) break;
        }

        // What comes next is as long as the body. It came in pieces, and the pool had its turns between them.
        if (body.Length >= Turns.PieceSize) Turns.YieldThread();
    }

    /// <summary>Refuses a body that says itself that it is too large.</summary>
    /// <exception cref="BrokerException">RequestTooLarge.</exception>
    public static void RefuseTooLarge(HttpRequest request, int maxBytes, string limitName)
    {
        if (request.ContentLength > maxBytes) throw TooLarge(maxBytes, limitName);
    }

    /// <summary>Hands the body's bytes to the intake as they come, out of the blocks that they came in.</summary>
    /// <exception cref="BrokerException">RequestTooLarge.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public static async ValueTask TakeAsync(HttpRequest request, RecordIntake intake, int maxBytes, string limitName)
    {
        long taken = 0;
        while (true)
        {
            var result = await request.BodyReader.ReadAsync(request.HttpContext.RequestAborted);
            var size = result.Buffer.Length;
            if (taken + size > maxBytes) throw TooLarge(maxBytes, limitName);
            var rest = intake.Take(result.Buffer, result.IsCompleted);
            taken += size - result.Buffer.Slice(rest).Length;
            request.BodyReader.AdvanceTo(result.IsCompleted ? result.Buffer.End : rest, result.Buffer.End);
            if (result.IsCompleted) return;
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
            if (!request.Headers.ContainsKey(name)) continue;
            throw new BrokerException(
                BrokerError.NotSupportedByEngine,
                $"The header {name} is not heard here; nothing was stored. It concerns one partition: send the records to /v1/topics/{{topic}}/partitions/{{partition}}/records.");
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

    private static ReadOnlySpan<char> MediaType(HttpRequest request)
    {
        var type = request.ContentType.AsSpan();
        var end = type.IndexOf(';');
        return (end < 0 ? type : type[..end]).Trim();
    }

    private static BrokerException TooLarge(int maxBytes, string limitName) =>
        new(BrokerError.RequestTooLarge, $"The body has more than {maxBytes} bytes, which is {limitName}. Nothing was stored.");
}
