using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace RestBroker.Server.Composition;

/// <summary>Says where to go once the broker listens.</summary>
internal sealed partial class StartupBanner(
    IHostApplicationLifetime lifetime, IServer server, EngineHost engine, ILogger<StartupBanner> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() =>
        {
            foreach (var address in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
            {
                var url = address.Replace("[::]", "localhost", StringComparison.Ordinal).Replace("0.0.0.0", "localhost", StringComparison.Ordinal);
                Log.Listening(logger, $"{url}/v1/topics", $"{url}/swagger");
            }

            Log.Data(logger, engine.DataDirectory);
        });
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "RestBroker is ready. API {Api}, Swagger UI {Swagger}")]
        public static partial void Listening(ILogger logger, string api, string swagger);

        [LoggerMessage(Level = LogLevel.Information, Message = "Data directory {DataDirectory}. Ctrl-C stops the broker")]
        public static partial void Data(ILogger logger, string dataDirectory);
    }
}
