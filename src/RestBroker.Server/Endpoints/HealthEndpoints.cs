using Microsoft.AspNetCore.Http.HttpResults;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Endpoints;

/// <summary>For orchestrators: does the process live, and should it get work.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", GetHealth).WithTags("Health");
        app.MapGet("/readyz", GetReadiness).WithTags("Health");
        app.MapGet("/metrics", GetMetrics).WithTags("Health");
    }

    /// <summary>200 as long as the process serves requests.</summary>
    internal static Ok<HealthResponse> GetHealth() => TypedResults.Ok(new HealthResponse("ok"));

    /// <summary>What the log, Kestrel and .NET count, in Prometheus' text format.</summary>
    internal static ContentHttpResult GetMetrics(MetricsText metrics) => TypedResults.Content(metrics.Write(), MetricsText.ContentType);

    /// <summary>200 while every log can be written, 503 once a disk error poisoned one or the broker is stopping.</summary>
    internal static Ok<HealthResponse> GetReadiness(ILogEngine engine, IHostApplicationLifetime lifetime)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested) throw new BrokerException(BrokerError.ShuttingDown, "The broker is stopping.");
        if (engine.IsHealthy) return TypedResults.Ok(new HealthResponse("ok"));
        throw new BrokerException(BrokerError.StorageFailed, "A log cannot be written since its disk failed; the broker's log tells which. A restart reads back what is there.")
        {
            SideEffects = SideEffects.None,
        };
    }
}
