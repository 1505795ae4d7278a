using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Keys;

/// <summary>What a look-up of a key is refused with.</summary>
internal static class KeyRefusal
{
    public static BrokerException NotCompacted(TopicPartition partition) =>
        new(BrokerError.TopicNotCompacted, $"'{partition.Topic}' is not compacted: it has records, and no latest value of a key. Set its cleanup.policy to compact.");

    public static BrokerException NotOneKey(TopicPartition partition) =>
        new(BrokerError.InvalidRecord, $"A condition on a key of {partition} needs a batch of one record that has a key.");

    public static BrokerException KeyIsNot(TopicPartition partition, long? offset) =>
        new(BrokerError.PreconditionFailed, offset is { } there
            ? $"The key's value in {partition} is record {there}, which is not what was expected."
            : $"The key has no value in {partition}, and one was expected.")
        {
            Members = offset is { } at ? new Dictionary<string, object> { ["keyOffset"] = at } : [],
        };

    public static BrokerException MayBeDamaged(LogSegment segment, OffsetRange damaged) =>
        new(BrokerError.RecordCorrupt, $"Offsets {damaged.From} to {damaged.To - 1} are damaged on disk ({Path.GetFileName(segment.File.Path)}), and the key's latest record may be among them. Store a value to replace it.")
        {
            Members = new Dictionary<string, object> { ["from"] = damaged.From, ["to"] = damaged.To },
        };
}
