using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Storage;

namespace RestBroker.Server.Composition;

/// <summary>
/// Opens the log before the first request is taken and closes it after the last is answered: hosted services start before the web
/// server and stop after it.
/// </summary>
internal sealed class EngineHost(IOptions<RestBrokerOptions> options, TimeProvider time, ILoggerFactory loggers, IMeterFactory meters)
    : IHostedService, IAsyncDisposable
{
    private EmbeddedLogEngine? _engine;

    public ILogEngine Engine => _engine ?? throw new InvalidOperationException("The log is not open.");

    public string DataDirectory { get; } = Path.GetFullPath(options.Value.DataDirectory);

    public async Task StartAsync(CancellationToken cancellationToken) =>
        _engine = await EmbeddedLogEngine.OpenAsync(ToLogConfig(), time, loggers, cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_engine is not null) await _engine.DisposeAsync();
    }

    // A host that failed to start is disposed without being stopped.
    public async ValueTask DisposeAsync()
    {
        if (_engine is not null) await _engine.DisposeAsync();
    }

    private LogConfig ToLogConfig() => new()
    {
        DataDirectory = DataDirectory,
        DefaultPartitionCount = options.Value.DefaultPartitionCount,
        FlusherThreads = options.Value.FlusherThreads,
        PreallocateBytes = options.Value.PreallocateBytes,
        DiskReadThreads = options.Value.DiskReadThreads,
        MeterScope = meters,
        CleanerInterval = TimeSpan.FromSeconds(options.Value.CleanerIntervalSeconds),
        DiskReserveBytes = options.Value.DiskReserveBytes,
        MaxOpenSegments = options.Value.MaxOpenSegments,
        CompactionBufferBytes = options.Value.CompactionBufferBytes,
        CompactionBytesPerSecond = options.Value.CompactionBytesPerSecond,
        MaxTopics = options.Value.MaxTopics,
        MaxPartitionsPerTopic = options.Value.MaxPartitionsPerTopic,
        MaxPartitions = options.Value.MaxPartitions,
        MaxProducers = options.Value.MaxProducers,
        ProducerExpiration = TimeSpan.FromSeconds(options.Value.ProducerExpirationSeconds),
        MaxIdempotencyKeysPerTopic = options.Value.MaxIdempotencyKeysPerTopic,
        MaxIdempotencyKeys = options.Value.MaxIdempotencyKeys,
        IdempotencyKeyWindow = TimeSpan.FromSeconds(options.Value.IdempotencyKeyWindowSeconds),
    };
}
