using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace RestBroker.Benchmarks.Limit;

/// <summary>Reads a body and throws it away; answers with a receipt that is always the same.</summary>
internal static class DiscardEndpoint
{
    /// <summary>The same behind a route of the shape that the broker's has: what routing makes of a path is a part of the request.</summary>
    public const string RoutePattern = "/v1/topics/{topic}/partitions/{partition:int}/discard";

    private static readonly byte[] Receipt = "{\"results\":[{\"partition\":0,\"offset\":1234567890,\"timestamp\":1234567890123}],\"duplicate\":false}"u8.ToArray();

    public static async Task TakeAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync();
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
        }

        Answer(context);
    }

    public static void Answer(HttpContext context)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Receipt.Length;
        context.Response.BodyWriter.Write(Receipt);
    }
}
