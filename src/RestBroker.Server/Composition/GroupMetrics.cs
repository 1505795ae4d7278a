using System.Diagnostics.Metrics;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;

namespace RestBroker.Server.Composition;

/// <summary>
/// The groups in figures, taken when somebody asks: the meter <c>RestBroker.Groups</c> with the gauges <c>restbroker.group.lag</c>,
/// <c>restbroker.group.inflight</c> and <c>restbroker.group.members</c>.
/// </summary>
internal sealed class GroupMetrics : IHostedService, IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "RestBroker.Groups";

    // More series than this would burden whoever collects them; the groups first by name are shown.
    private const int MaxSeries = 10_000;

    private static readonly TimeSpan Freshness = TimeSpan.FromMilliseconds(500);

    private readonly GroupHost _groups;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Lock _lock = new();
    private Task<IReadOnlyList<GroupLag>> _sample = Task.FromResult<IReadOnlyList<GroupLag>>([]);
    private IReadOnlyList<GroupLag> _last = [];
    private long _sampledAt;

    public GroupMetrics(GroupHost groups, IMeterFactory meters, TimeProvider time)
    {
        (_groups, _time) = (groups, time);
        _meter = meters.Create(MeterName);
    }

    public void Dispose() => _meter.Dispose();

    /// <summary>Begins to measure; the groups are loaded.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _meter.CreateObservableGauge("restbroker.group.lag", Lags, "{record}", "Records between a group and the end of a partition.");
        _meter.CreateObservableGauge("restbroker.group.inflight", InFlight, "{record}", "Records of a shared group that were given out and are not done with.");
        _meter.CreateObservableGauge("restbroker.group.members", Members, "{member}", "Members that hold a lease.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<long>> Lags() =>
        from lag in Latest()
        from partition in lag.Partitions
        select new Measurement<long>(partition.Lag, Tags(lag, partition));

    private IEnumerable<Measurement<long>> InFlight() =>
        from lag in Latest()
        from partition in lag.Partitions
        from state in States(partition.InFlight)
        select new Measurement<long>(state.Count, [.. Tags(lag, partition), new("state", state.Name)]);

    private static (string Name, int Count)[] States(InFlight? inFlight) => inFlight is var (acquired, available, delayed, dead)
        ? [("acquired", acquired), ("available", available), ("delayed", delayed), ("dead", dead)]
        : [];

    private IEnumerable<Measurement<long>> Members() =>
        _groups.Catalog.List(new GroupQuery("", null, MaxSeries)).Groups
            .Select(group => new Measurement<long>(group.Members.Count, new KeyValuePair<string, object?>("group", group.Group)));

    private static KeyValuePair<string, object?>[] Tags(GroupLag lag, PartitionLag partition) =>
        [new("group", lag.Group), new("topic", partition.Partition.Topic), new("partition", partition.Partition.Partition)];

    // An observer cannot wait: an engine that answers from memory is done at once, another's figures are those of the time before.
    private IReadOnlyList<GroupLag> Latest()
    {
        lock (_lock)
        {
            if (_sample.IsCompleted && (_sampledAt == 0 || _time.GetElapsedTime(_sampledAt) > Freshness))
            {
                _sampledAt = _time.GetTimestamp();
                _sample = SampleAsync();
            }

            return _last;
        }
    }

    private async Task<IReadOnlyList<GroupLag>> SampleAsync()
    {
        var lags = new List<GroupLag>();
        var offsets = new GroupOffsets(_groups.Catalog);
        var series = 0;
        foreach (var group in _groups.Catalog.List(new GroupQuery("", null, MaxSeries)).Groups)
        {
            try
            {
                lags.Add(await offsets.LagAsync(group.Group, CancellationToken.None));
            }
            catch (Exception e) when (e is BrokerException or ObjectDisposedException)
            {
                continue; // deleted meanwhile, or the broker stops
            }

            if ((series += lags[^1].Partitions.Count) >= MaxSeries) break;
        }

        return _last = lags;
    }
}
