using Microsoft.Extensions.Options;
using RestBroker.Server.Problems;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Composition;

/// <summary>What every request passes through before it reaches its endpoint.</summary>
internal static class Pipeline
{
    public static void UseRestBroker(this WebApplication app)
    {
        app.Use(AnswerHeaders);
        app.UseMiddleware<ProblemMiddleware>();
        app.Use(NoTrailingSlash);
        app.UseRouting();
        var origins = app.Services.GetRequiredService<IOptions<RestBrokerOptions>>().Value.CorsOrigins;
        // Only browsers have an origin; for all others this notes in a dictionary of the request that it had nothing to do.
        app.UseWhen(context => context.Request.Headers.Origin.Count > 0, browser => browser.UseCors(policy => policy.WithOrigins([.. origins]).AllowAnyMethod().AllowAnyHeader()
            .WithExposedHeaders("ETag", "Location", "Link", "Retry-After", "RB-Request-Id", "RB-Topic-Created", "RB-Idempotent-Replay",
                BatchFetches.NextOffsetHeader, BatchFetches.HighWatermarkHeader, BatchFetches.CursorHeader)));
        app.Use(new OriginRule(origins).InvokeAsync);
        app.Use(StrictQuery.InvokeAsync);
    }

    public static RouteGroupBuilder MapApi(this WebApplication app)
    {
        var api = app.MapGroup("/v1");
        ((IEndpointConventionBuilder)api).Finally(StrictQuery.Note);
        return api;
    }

    private static Task AnswerHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers["RB-Request-Id"] = context.TraceIdentifier;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store"; // who knows better says so later
        return next(context);
    }

    // Routing takes /v1/topics/ for /v1/topics. Kestrel has resolved dot segments by then, encoded ones too, so that DELETE of
    // /v1/topics/t/keys/.. would be the deletion of a topic.
    private static Task NoTrailingSlash(HttpContext context, RequestDelegate next)
    {
        var path = context.Request.Path.Value ?? "";
        if (!path.StartsWith("/v1", StringComparison.OrdinalIgnoreCase) || !path.EndsWith('/')) return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
