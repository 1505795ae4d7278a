using Microsoft.Extensions.Logging;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Metrics;
using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Log;

/// <summary>What every log of a broker shares.</summary>
/// <param name="Segments">The files, and the limit of those that are open.</param>
/// <param name="Flusher">Who syncs.</param>
/// <param name="Time">The broker's clock.</param>
/// <param name="LeaderEpoch">How often the broker has started after an unclean stop.</param>
/// <param name="BootId">This boot of the machine.</param>
/// <param name="CheckpointInterval">How old a checkpoint may become while records are synced.</param>
/// <param name="Logger">Told of logs that the disk fails.</param>
internal sealed record LogHost(
    OpenSegments Segments, LogFlusher Flusher, TimeProvider Time, int LeaderEpoch, Guid BootId, TimeSpan CheckpointInterval,
    ILogger<PartitionLog> Logger)
{
    /// <summary>What the producers of all logs share.</summary>
    public LiveProducers Producers { get; init; } = new(ProducerLimits.Default);

    /// <summary>Told of each log that closes a segment or finds no room on the disk.</summary>
    public RolledLogs Rolled { get; init; } = new();

    public IFileStore Files => Segments.Files;

    /// <summary>Asked before each append; null = everything is admitted.</summary>
    public Admission? Admission { get; init; }

    /// <summary>Told what is done; null = nobody counts.</summary>
    public LogMetrics? Metrics { get; init; }

    /// <summary>See <see cref="LogConfig.PreallocateBytes"/>.</summary>
    public int PreallocateBytes { get; init; } = LogConfig.DefaultPreallocateBytes;

    public long NowMilliseconds => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public ClockReading ReadClocks() => new(NowMilliseconds, (long)Time.GetElapsedTime(0).TotalMilliseconds);
}
