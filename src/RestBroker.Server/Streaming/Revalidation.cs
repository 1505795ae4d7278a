using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>Answers a client that holds what it asks for already.</summary>
internal static class Revalidation
{
    /// <summary>Sets ETag and Cache-Control; true where the answer is 304 and thereby complete.</summary>
    public static bool IsUnchanged(HttpContext context, string tag)
    {
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "private, no-cache";
        if (!EntityTags.IsNoneMatch(context.Request.Headers.IfNoneMatch, tag)) return false;
        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }
}
