using System.Diagnostics.Metrics;
using RestBroker.Core.Topics;
using RestBroker.Storage.Cleaning;

namespace RestBroker.Storage.Metrics;

/// <summary>What the compactions of an engine count, for whoever listens to the meter. Thread-safe.</summary>
internal sealed class CompactionMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly Counter<long> _compactions;
    private readonly Counter<long> _compactionFailures;
    private readonly Counter<long> _copiedBytes;
    private readonly Counter<long> _reclaimedBytes;
    private readonly Counter<long> _removedRecords;
    private readonly Histogram<double> _compactionTime;
    private CompactionPace? _running;

    public CompactionMetrics(object? scope)
    {
        _meter = new Meter(new MeterOptions(EmbeddedLogEngine.MeterName) { Scope = scope });
        _compactions = _meter.CreateCounter<long>("restbroker.compaction.runs", "{run}", "Compactions that came to their end.");
        _compactionFailures = _meter.CreateCounter<long>("restbroker.compaction.failures", "{run}", "Compactions that the disk cut short.");
        _copiedBytes = _meter.CreateCounter<long>("restbroker.compaction.copied", "By", "Bytes that compactions read and wrote.");
        _reclaimedBytes = _meter.CreateCounter<long>("restbroker.compaction.reclaimed", "By", "Bytes that compactions gave back.");
        _removedRecords = _meter.CreateCounter<long>("restbroker.compaction.removed", "{record}", "Records that a later one replaced, and tombstones past their time.");
        _compactionTime = _meter.CreateHistogram<double>("restbroker.compaction.duration", "s", "How long compactions took.");
        _meter.CreateObservableGauge("restbroker.compaction.progress", () => Volatile.Read(ref _running)?.Bytes ?? 0, "By", "Bytes read and written by the compaction under way; 0 between two.");
    }

    /// <summary>A compaction begins; its pace counts how far it is.</summary>
    public void BeginCompaction(CompactionPace pace) => Volatile.Write(ref _running, pace);

    /// <summary>It has ended; null where the disk cut it short.</summary>
    public void EndCompaction(TopicPartition partition, CompactionResult? result, TimeSpan duration)
    {
        Volatile.Write(ref _running, null);
        var topic = new KeyValuePair<string, object?>("topic", partition.Topic);
        if (result is not { } done)
        {
            _compactionFailures.Add(1, topic);
            return;
        }

        _compactions.Add(1, topic);
        _copiedBytes.Add(done.CopiedBytes, topic);
        _reclaimedBytes.Add(done.ReclaimedBytes, topic);
        _removedRecords.Add(done.RemovedRecords, topic);
        _compactionTime.Record(duration.TotalSeconds, topic);
    }

    public void Dispose() => _meter.Dispose();
}
