using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>
/// Sorts the records of a request into one batch for each partition it touches: the partition given, else murmur2 of the key, else the
/// request's own. Batches keep the order of the request. Not thread-safe.
/// </summary>
internal sealed class PartitionBatches(TopicDescription topic, int? forcedPartition, int keylessPartition) : IDisposable
{
    private readonly SortedDictionary<int, RecordBatchBuilder> _builders = [];

    /// <summary>The request's idempotency key, where it has one: each batch bears its mark.</summary>
    public KeyedRequest? Key { get; init; }

    /// <summary>Records in all batches.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Bytes of all batches.</summary>
    public int Size { get; private set; }

    /// <summary>The batches by partition.</summary>
    public IEnumerable<(int Partition, RecordBatchBuilder Builder)> Builders => _builders.Select(entry => (entry.Key, entry.Value));

    /// <summary>Adds a record. Returns its partition and its place in that partition's batch.</summary>
    public (int Partition, int Index) Add(in ProducedRecord record, long now)
    {
        var partition = forcedPartition ?? record.Partition
            ?? (record.Key is { } key ? Murmur2.Partition(key.Span, Key?.PartitionCount ?? topic.PartitionCount) : keylessPartition);
        if (!_builders.TryGetValue(partition, out var builder))
            _builders[partition] = builder = new RecordBatchBuilder(topic.Config.Compression ?? CompressionType.None);
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
        foreach (var builder in _builders.Values) builder.Dispose();
        _builders.Clear();
    }
}
