using RestBroker.Core.Errors;

namespace RestBroker.Server.Composition;

/// <summary>
/// Refuses what a web page of another origin asks for, unless its origin is listed: browsers send "simple" requests without asking
/// first, and any page could otherwise write to, or drain, a broker on localhost. Plain reads are left to CORS.
/// </summary>
internal sealed class OriginRule(IReadOnlyCollection<string> listed)
{
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || IsRead(context) || IsOwn(context.Request, origin) || listed.Contains(origin, StringComparer.OrdinalIgnoreCase))
            return next(context);
        throw new BrokerException(
            BrokerError.OriginNotAllowed,
            $"Pages of {origin} may not change anything here. List the origin in RestBroker:CorsOrigins to allow it.");
    }

    private static bool IsRead(HttpContext context) =>
        (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method) || HttpMethods.IsOptions(context.Request.Method))
        && context.GetEndpoint()?.Metadata.GetMetadata<JoinsGroupAttribute>() is null;

    private static bool IsOwn(HttpRequest request, string origin) =>
        string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Marks a GET that takes part in a consumer group and so is more than a read.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class JoinsGroupAttribute : Attribute;
