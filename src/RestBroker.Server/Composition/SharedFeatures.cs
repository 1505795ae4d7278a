using Microsoft.AspNetCore.Http.Features;

namespace RestBroker.Server.Composition;

/// <summary>
/// What a request would otherwise make for itself, though it is the same for all: the services, which here live as long as the broker,
/// so that nobody needs a scope; and the query, where there is none. Thread-safe.
/// </summary>
internal sealed class SharedFeatures(IServiceProvider services) : IServiceProvidersFeature, IQueryFeature
{
    IServiceProvider IServiceProvidersFeature.RequestServices
    {
        get => services;
        set => throw new NotSupportedException("The services are those of every request.");
    }

    IQueryCollection IQueryFeature.Query
    {
        get => QueryCollection.Empty;
        set => throw new NotSupportedException("The empty query is that of every request without one.");
    }

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        context.Features.Set<IServiceProvidersFeature>(this);
        if (!context.Request.QueryString.HasValue) context.Features.Set<IQueryFeature>(this);
        return next(context);
    }
}
