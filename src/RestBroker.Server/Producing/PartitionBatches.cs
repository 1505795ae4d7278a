using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>
/// Sorts the records of a request into one batch for each partition it touches: the partition given, else murmur2 of the key, else the
/// request's own. Batches keep the order of the request. Not thread-safe.
/// </summary>
internal sealed class PartitionBatches(TopicDescription topic, int? forcedPartition, int keylessPartition) : IDisposable
{
    private const int DefaultCapacity = 4096;

    // Most requests have one batch: it needs no dictionary.
    private (int Partition, RecordBatchBuilder Builder)? _only;
    private SortedDictionary<int, RecordBatchBuilder>? _builders;

    /// <summary>The request's idempotency key, where it has one: each batch bears its mark.</summary>
    public KeyedRequest? Key { get; init; }

    /// <summary>Bytes that the first batch has room for before it has to grow.</summary>
    public int Capacity { get; init; } = DefaultCapacity;

    /// <summary>The batch, where there is only one.</summary>
    public (int Partition, RecordBatchBuilder Builder)? Only => _only;

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
        var partition = forcedPartition ?? record.Partition
            ?? (record.Key is { } key ? Murmur2.Partition(key.Span, Key?.PartitionCount ?? topic.PartitionCount) : keylessPartition);
        var builder = BuilderOf(partition);
        var before = builder.RecordCount == 0 ? 0 : builder.Size;
        var headers = Key is { } request && builder.RecordCount == 0 ? [.. record.Headers, request.Mark] : record.Headers;
        builder.Append(record.Timestamp ?? now, record.Key, record.Value, headers);
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
        builder = new RecordBatchBuilder(topic.Config.Compression ?? CompressionType.None, _builders is null ? Capacity : DefaultCapacity);
        if (_builders is null) _only = (partition, builder);
        else _builders[partition] = builder;
        return builder;
    }
}
