using System.IO.Compression;
using RestBroker.Core.Errors;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace RestBroker.Server.Producing;

/// <summary>Undoes the Content-Encoding of a request's body as it is read: gzip, br, zstd.</summary>
internal static class BodyEncoding
{
    /// <summary>What is undone, as a client may be told in Accept-Encoding (RFC 7694).</summary>
    public const string Known = "gzip, br, zstd";

    // The most that RFC 9659 allows in HTTP; a frame may ask for two gigabytes.
    private const int MaxZstdWindowLog = 23;

    /// <summary>From here on the request's body is what the client had before it encoded it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="allowance">Decoded bytes that are free.</param>
    /// <param name="maxRatio">How many more each received byte may become; beyond that it is a bomb.</param>
    /// <exception cref="BrokerException">UnsupportedMediaType. Later, from the body: InvalidRequest, RequestTooLarge.</exception>
    public static void Undo(HttpContext context, long allowance, int maxRatio)
    {
        var encoding = context.Request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        if (encoding is not ("" or "identity")) Undo(context, encoding, allowance, maxRatio);
    }

    // What the budget captures is made for encoded bodies alone.
    private static void Undo(HttpContext context, string encoding, long allowance, int maxRatio)
    {
        var received = new CountingStream(context.Request.Body);
        Stream? decoder = encoding switch
        {
            "gzip" or "x-gzip" => new GZipStream(received, CompressionMode.Decompress),
            "br" => new BrotliStream(received, CompressionMode.Decompress),
            "zstd" => Zstd(received),
            _ => null,
        };
        if (decoder is null)
        {
            context.Response.Headers.AcceptEncoding = Known;
            throw new BrokerException(BrokerError.UnsupportedMediaType, $"Content-Encoding: {encoding} is not undone here. Use one of {Known}, or send the body as it is.");
        }

        context.Response.RegisterForDisposeAsync(decoder);
        context.Request.Body = new DecodedBody(decoder, encoding, () => allowance + (received.Count * maxRatio));
    }

    private static DecompressionStream Zstd(Stream received)
    {
        var stream = new DecompressionStream(received);
        stream.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MaxZstdWindowLog);
        return stream;
    }
}
