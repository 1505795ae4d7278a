using System.Diagnostics.Metrics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage.Metrics;

/// <summary>
/// What the logs of an engine count, for whoever listens to the meter. Appends add to plain numbers that are read when somebody asks,
/// so that they cost next to nothing. Thread-safe.
/// </summary>
internal sealed class LogMetrics : IDisposable
{
    private static readonly KeyValuePair<string, object?> OneLog = new("scope", "log");
    private static readonly KeyValuePair<string, object?> ManyLogs = new("scope", "filesystem");

    private readonly Meter _meter;
    private readonly Histogram<double> _syncTime;
    private long _records, _bytes, _poisoned, _quarantinedBytes, _damagedRanges, _metRanges;

    public LogMetrics(OpenSegments segments, DiskReserve reserve, object? scope)
    {
        _meter = new Meter(new MeterOptions(EmbeddedLogEngine.MeterName) { Scope = scope });
        _meter.CreateObservableCounter("restbroker.log.records", () => Volatile.Read(ref _records), "{record}", "Records that were appended.");
        _meter.CreateObservableCounter("restbroker.log.appended", () => Volatile.Read(ref _bytes), "By", "Bytes that were appended.");
        _meter.CreateObservableCounter("restbroker.log.poisoned", () => Volatile.Read(ref _poisoned), "{log}", "Logs that take no more records since the disk failed.");
        _meter.CreateObservableCounter("restbroker.log.quarantined", () => Volatile.Read(ref _quarantinedBytes), "By", "Bytes that the start cut off and kept in the quarantine.");
        _meter.CreateObservableCounter("restbroker.log.damaged", () => Volatile.Read(ref _damagedRanges), "{range}", "Ranges of offsets that the start found unreadable.");
        _meter.CreateObservableCounter("restbroker.log.damage.met", () => Volatile.Read(ref _metRanges), "{range}", "Ranges of offsets that reads found unreadable since the start, each once.");
        _meter.CreateObservableGauge("restbroker.segments.open", () => segments.Count, "{file}", "Segment files that are open.");
        _meter.CreateObservableGauge("restbroker.disk.free", () => reserve.ReadFree(), "By", "Bytes that are free on the disk of the data directory.");
        _meter.CreateObservableGauge("restbroker.disk.reserve", () => reserve.Bytes, "By", "Bytes of them that producers do not get.");
        _syncTime = _meter.CreateHistogram<double>("restbroker.sync.duration", "s", "How long syncs took: of one log's files, or of the file system for many logs.");
    }

    public void Appended(int records, int bytes)
    {
        Interlocked.Add(ref _records, records);
        Interlocked.Add(ref _bytes, bytes);
    }

    public void SyncedLog(TimeSpan duration) => _syncTime.Record(duration.TotalSeconds, OneLog);

    public void SyncedFileSystem(TimeSpan duration) => _syncTime.Record(duration.TotalSeconds, ManyLogs);

    public void Poisoned() => Interlocked.Increment(ref _poisoned);

    public void MetDamage() => Interlocked.Increment(ref _metRanges);

    public void Recovered(RecoveryReport report)
    {
        Interlocked.Add(ref _quarantinedBytes, report.QuarantinedBytes);
        Interlocked.Add(ref _damagedRanges, report.Damaged.Count);
    }

    public void Dispose() => _meter.Dispose();
}
