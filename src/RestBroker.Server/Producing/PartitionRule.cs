using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>
/// To which partition each record of a request goes: the one given, else the record's own, else murmur2 of its key, else the request's.
/// </summary>
/// <param name="Topic">The topic.</param>
/// <param name="Given">The partition that all of them go to; null = each its own.</param>
/// <param name="Keyless">The partition of records without keys.</param>
/// <param name="Key">The request's idempotency key, where it has one: each batch bears its mark.</param>
internal readonly record struct PartitionRule(TopicDescription Topic, int? Given, int Keyless, KeyedRequest? Key = null)
{
    /// <summary>The partition of a record.</summary>
    public int Of(in ProducedRecord record) =>
        Given ?? record.Partition ?? (record.Key is { } key ? Murmur2.Partition(key.Span, Key?.PartitionCount ?? Topic.PartitionCount) : Keyless);

    /// <summary>Adds a record to its partition's batch; the first one bears the mark.</summary>
    public void Append(RecordBatchBuilder batch, in ProducedRecord record, long now)
    {
        var headers = Key is { } request && batch.RecordCount == 0 ? [.. record.Headers, request.Mark] : record.Headers;
        batch.Append(record.Timestamp ?? now, record.Key, record.Value, headers);
    }
}
