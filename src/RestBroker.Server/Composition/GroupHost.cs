using Microsoft.Extensions.Options;
using RestBroker.Core.Groups;

namespace RestBroker.Server.Composition;

/// <summary>Loads the consumer groups once the log is open and before the first request is taken.</summary>
internal sealed class GroupHost(EngineHost engine, IOptions<RestBrokerOptions> options, TimeProvider time, ILoggerFactory loggers) : IHostedService, IDisposable
{
    private GroupCatalog? _catalog;

    public GroupCatalog Catalog => _catalog ?? throw new InvalidOperationException("The groups are not loaded.");

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var config = new GroupConfig
        {
            MaxGroups = options.Value.MaxGroups,
            MaxMembers = options.Value.MaxMembersPerGroup,
            MaxInFlight = options.Value.MaxSharedRecordsInFlight,
            MaxPartitionsPerMember = options.Value.MaxPartitionsPerRead,
        };
        _catalog = new GroupCatalog(engine.Engine, config, time, loggers.CreateLogger<GroupCatalog>());
        await _catalog.StartAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _catalog?.Dispose();
}
