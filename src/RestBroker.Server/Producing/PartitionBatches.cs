using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>
/// Sorts the records of a request into one batch for each partition it touches. Batches keep the order of the request. Not thread-safe.
/// </summary>
internal sealed class PartitionBatches(PartitionRule rule) : IDisposable
{
    // Many uploads have one batch at a time: it needs no dictionary.
    private (int Partition, RecordBatchBuilder Builder)? _only;
    private SortedDictionary<int, RecordBatchBuilder>? _builders;

    /// <summary>Records in all batches.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Bytes of all batches.</summary>
    public int Size { get; private set; }

    /// <summary>The batches by partition.</summary>
    public IEnumerable<(int Partition, RecordBatchBuilder Builder)> Builders =>
        _only is { } only ? [only] : (_builders ?? []).Select(entry => (entry.Key, entry.Value));

    /// <summary>Adds a record. Returns its partition and its place in that partition's batch.</summary>
    public (int Partition, int Index) Add(in ProducedRecord record, long now)
    {
        var partition = rule.Of(record);
        var builder = BuilderOf(partition);
        var before = builder.RecordCount == 0 ? 0 : builder.Size;
        rule.Append(builder, record, now);
        Size += builder.Size - before;
        RecordCount++;
        return (partition, builder.RecordCount - 1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _only?.Builder.Dispose();
        if (_builders is not null)
        {
            foreach (var builder in _builders.Values) builder.Dispose();
        }

        (_only, _builders) = (null, null);
    }

    private RecordBatchBuilder BuilderOf(int partition)
    {
        if (_only is { } only)
        {
            if (only.Partition == partition) return only.Builder;
            _builders = new() { [only.Partition] = only.Builder };
            _only = null;
        }

        if (_builders is not null && _builders.TryGetValue(partition, out var builder)) return builder;
        builder = new RecordBatchBuilder(rule.Topic.Config.Compression ?? CompressionType.None);
        if (_builders is null) _only = (partition, builder);
        else _builders[partition] = builder;
        return builder;
    }
}
