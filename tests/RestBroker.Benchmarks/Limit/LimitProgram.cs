using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// A Kestrel server whose endpoints do the least work that the transport allows: what the broker is measured beside.
/// </summary>
internal static class LimitProgram
{
    /// <summary>The argument that makes this program the limit server.</summary>
    public const string Verb = "limit-server";

    public static async Task<int> RunAsync(string directory)
    {
        Directory.CreateDirectory(directory);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
        });
        await using var app = builder.Build();
        using var append = new AppendEndpoint(directory);
        using var blob = new StaticEndpoint(directory);
        var events = new EventEndpoint();
        app.Use((context, next) => context.Request.Path.Value switch
        {
            "/discard" => DiscardEndpoint.TakeAsync(context),
            "/append" => append.TakeAsync(context, isSynced: false),
            "/append-synced" => append.TakeAsync(context, isSynced: true),
            "/static" => blob.SendAsync(context),
            "/events" => events.SubscribeAsync(context),
            "/publish" => events.PublishAsync(context),
            "/metrics" => context.Response.WriteAsync($"{ServerProcess.AllocatedMetric}{GC.GetTotalAllocatedBytes()}\n"),
            _ => next(context),
        });
        // Unless it is said where, routing is put in front of everything.
        app.UseRouting();
        app.MapPost(DiscardEndpoint.RoutePattern, DiscardEndpoint.TakeAsync);
        await app.StartAsync();
        Console.WriteLine($"Listening at {app.Urls.Single()}");
        await app.WaitForShutdownAsync();
        return 0;
    }
}
