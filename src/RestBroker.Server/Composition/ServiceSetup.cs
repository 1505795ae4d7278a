using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HostFiltering;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Groups;
using RestBroker.Core.Groups.Shared;
using RestBroker.Server.Contracts;
using RestBroker.Server.Producing;
using RestBroker.Server.Streaming;
using RestBroker.Server.Streaming.Tail;
using RestBroker.Storage;
using Serilog;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace RestBroker.Server.Composition;

/// <summary>Puts the broker's services together.</summary>
internal static class ServiceSetup
{
    private const string DefaultUrl = "http://localhost:8080";

    public static void AddRestBroker(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        // Bound when first asked for, after Build(): what a test host overrides is seen.
        services.AddOptions<RestBrokerOptions>()
            .BindConfiguration(RestBrokerOptions.Section, binder => binder.ErrorOnUnknownConfiguration = true)
            .Configure<IConfiguration>(OriginList.AddListed)
            .ValidateDataAnnotations()
            .ValidateOnStart();

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<MetricsText>();
        services.AddHostedService(provider => provider.GetRequiredService<MetricsText>());
        services.AddSingleton<EngineHost>();
        services.AddHostedService(provider => provider.GetRequiredService<EngineHost>());
        services.AddSingleton<ILogEngine>(provider => provider.GetRequiredService<EngineHost>().Engine);
        services.AddSingleton<GroupHost>();
        services.AddHostedService(provider => provider.GetRequiredService<GroupHost>());
        services.AddSingleton(provider => provider.GetRequiredService<GroupHost>().Catalog);
        services.AddSingleton<GroupCoordinator>();
        services.AddSingleton<GroupOffsets>();
        services.AddSingleton<GroupRequests>();
        services.AddSingleton<ShareCoordinator>();
        services.AddSingleton<SharedRequests>();
        services.AddSingleton<GroupEventRequests>();
        services.AddSingleton<GroupOneLiner>();
        services.AddHostedService<GroupMetrics>();
        services.AddHostedService<StartupBanner>();

        services.AddSingleton<TopicAutoCreator>();
        services.AddSingleton<RecordProducer>();
        services.AddSingleton<IdempotentRequests>();
        services.AddSingleton<BatchAppender>();
        services.AddSingleton<BatchRequests>();
        services.AddSingleton<ProduceRequests>();
        services.AddSingleton<SingleRecords>();
        services.AddSingleton<RawRequests>();
        services.AddSingleton<ValueRequests>();

        services.AddSingleton<StreamSlots>();
        services.AddSingleton<StreamClocks>();
        services.AddSingleton<TailHubs>();
        services.AddSingleton<ReadPlanner>();
        services.AddSingleton<BatchFetches>();
        services.AddSingleton<FetchRequests>();
        services.AddSingleton<RecordRequests>();
        services.AddSingleton<EventRequests>();

        AddHttp(services);
        AddLogging(builder);
        UseDefaultUrl(builder);
    }

    private static void AddHttp(IServiceCollection services)
    {
        services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
        services.Configure<JsonOptions>(options => ApiJson.Configure(options.SerializerOptions));
        services.AddRestBrokerOpenApi();
        services.AddCors();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<RestBrokerOptions>>((kestrel, options) =>
        {
            kestrel.AddServerHeader = false;
            // A connection too many is closed at once: at the limit of open files everything else would fail with it.
            kestrel.Limits.MaxConcurrentConnections = DescriptorBudget.OfThisProcess(options.Value.MaxOpenSegments).Connections;
            kestrel.Limits.MaxRequestBodySize = options.Value.MaxRequestBodyBytes;
        });
        // The web application's builder has registered Kestrel's own before; the last wins.
        services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlocks>();
        services.AddOptions<HostFilteringOptions>().Configure<IConfiguration>(AllowedHostNames.Apply);
    }

    private static void AddLogging(WebApplicationBuilder builder) =>
        builder.Services.AddSerilog((provider, logger) =>
        {
            var console = logger
                .MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("System", LogEventLevel.Warning)
                // It says nothing at this level, but where it might, every request is given an activity and a scope.
                .MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off)
                // A start that failed is explained in one line at the end of Program.cs.
                .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
                .ReadFrom.Configuration(builder.Configuration)
                .WriteTo;
            if (provider.GetRequiredService<IOptions<RestBrokerOptions>>().Value.LogFormat == "json")
                console.Console(new CompactJsonFormatter());
            else
                console.Console(formatProvider: System.Globalization.CultureInfo.InvariantCulture);
        });

    // Whatever way ASP.NET Core offers to choose an address wins; without any, loopback only: nothing here asks for a password.
    private static void UseDefaultUrl(WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        string[] addressKeys = [WebHostDefaults.ServerUrlsKey, WebHostDefaults.HttpPortsKey, WebHostDefaults.HttpsPortsKey];
        if (addressKeys.All(key => string.IsNullOrEmpty(configuration[key])) && !configuration.GetSection("Kestrel:Endpoints").Exists())
            builder.WebHost.UseUrls(DefaultUrl);
    }
}
