using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>
/// Sorts the records of a request into one batch for each partition it touches. Batches keep the order of the request. Used for one request
/// after another; not thread-safe.
/// </summary>
internal sealed class PartitionBatches : IDisposable
{
    private const int UsualSize = 4_096;

    // Many requests have one batch: it needs no dictionary.
    private readonly RecordBatchBuilder _first = new(capacity: 0);
    private int _firstPartition;
    private SortedDictionary<int, RecordBatchBuilder>? _others;
    private PartitionRule _rule;

    /// <summary>Records in all batches.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Bytes of all batches.</summary>
    public int Size { get; private set; }

    /// <summary>The batch, where there is only one.</summary>
    public (int Partition, RecordBatchBuilder Builder)? Only => RecordCount > 0 && _others is null ? (_firstPartition, _first) : null;

    /// <summary>The batches by partition.</summary>
    public IEnumerable<(int Partition, RecordBatchBuilder Builder)> Builders =>
        RecordCount == 0 ? []
        : (_others ?? []).Select(entry => (entry.Key, entry.Value)).Append((_firstPartition, _first)).OrderBy(entry => entry.Item1);

    private CompressionType Compression => _rule.Topic.Config.Compression ?? CompressionType.None;

    /// <summary>Begins a request.</summary>
    /// <param name="rule">Where its records go.</param>
    /// <param name="capacity">Bytes to begin the first batch with; it grows as need be.</param>
    public void Begin(in PartitionRule rule, int capacity = UsualSize)
    {
        Dispose();
        _rule = rule;
        _first.Begin(Compression, capacity);
    }

    /// <summary>Adds a record. Returns its partition and its place in that partition's batch.</summary>
    public (int Partition, int Index) Add(in ProducedRecord record, long now)
    {
        var partition = _rule.Of(record);
        var builder = BuilderOf(partition);
        var before = builder.RecordCount == 0 ? 0 : builder.Size;
        _rule.Append(builder, record, now);
        Size += builder.Size - before;
        RecordCount++;
        return (partition, builder.RecordCount - 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        if (_others is not null)
        {
            foreach (var builder in _others.Values) builder.Dispose();
        }

        (_others, _rule, RecordCount, Size) = (null, default, 0, 0);
    }

    private RecordBatchBuilder BuilderOf(int partition)
    {
        if (RecordCount == 0) _firstPartition = partition;
        if (partition == _firstPartition) return _first;
        _others ??= [];
        if (_others.TryGetValue(partition, out var builder)) return builder;
        return _others[partition] = new RecordBatchBuilder(Compression);
    }
}
