using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>What a read is refused with, in sentences.</summary>
internal static class ReadRefusals
{
    /// <summary>The refusal of a position that a partition does not have.</summary>
    public static BrokerException Of(FetchedPartition found, string topic, long position) => found.Error switch
    {
        BrokerError.OffsetTrimmed => Trimmed(found.Partition, position, found.LogStartOffset),
        BrokerError.OffsetOutOfRange => BeyondEnd(found.Partition, position, found.NextOffset),
        BrokerError.TopicRecreated => Recreated(topic),
        BrokerError.UnknownTopicOrPartition => UnknownTopic(topic),
        BrokerError.RecordCorrupt => Corrupt(found.Partition, found.Corrupt ?? new OffsetRange(position, position + 1)),
        var error => new BrokerException(error, $"{found.Partition} cannot be read now. Other partitions are not affected; ask again later.")
        {
            SideEffects = SideEffects.None,
            RetryAfter = TimeSpan.FromSeconds(1),
        },
    };

    public static BrokerException Trimmed(TopicPartition partition, long offset, long earliest) => new(
        BrokerError.OffsetTrimmed,
        $"Offset {offset} of {partition} is no longer there: the log begins at {earliest}. Go on there, or add clamp=true.")
    {
        Members = Place(partition, "earliest", earliest),
    };

    public static BrokerException BeyondEnd(TopicPartition partition, long offset, long nextOffset) => new(
        BrokerError.OffsetOutOfRange,
        $"Offset {offset} of {partition} lies beyond its end: the next record will be {nextOffset}. Go on there, or add clamp=true.")
    {
        Members = Place(partition, "nextOffset", nextOffset),
    };

    public static BrokerException Recreated(string topic) => new(
        BrokerError.TopicRecreated,
        $"The cursor is of a topic {topic} that was deleted; another bears its name now. Begin anew with from=earliest.")
    {
        Members = new Dictionary<string, object> { ["topic"] = topic },
    };

    public static BrokerException UnknownTopic(string topic) => new(
        BrokerError.UnknownTopicOrPartition, $"There is no topic {topic} any more.")
    {
        Members = new Dictionary<string, object> { ["topic"] = topic },
    };

    public static BrokerException Corrupt(TopicPartition partition, OffsetRange range) => new(
        BrokerError.RecordCorrupt,
        $"Offsets {range.From} to {range.To - 1} of {partition} are damaged on disk and are not shown. Reading goes on at {range.To}.")
    {
        Members = new Dictionary<string, object>
        {
            ["topic"] = partition.Topic,
            ["partition"] = partition.Partition,
            ["from"] = range.From,
            ["to"] = range.To,
        },
    };

    public static BrokerException NotCommitted(TopicPartition partition, long offset) => new(
        BrokerError.StorageFailed, $"Record {offset} of {partition} is written and not yet committed. Ask again in a moment.")
    {
        SideEffects = SideEffects.None,
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static BrokerException NoRecord(TopicDescription topic, TopicPartition partition, long offset) =>
        topic.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact)
            ? new(BrokerError.RecordDeleted, $"Record {offset} of {partition} was removed by compaction: a later record has its key.")
            : new(BrokerError.OffsetNotFound, $"No record of {partition} has the offset {offset}; offsets may have holes.");

    public static BrokerException ShuttingDown() => new(
        BrokerError.ShuttingDown, "The broker is shutting down. Ask again in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private static Dictionary<string, object> Place(TopicPartition partition, string name, long offset) => new()
    {
        ["topic"] = partition.Topic,
        ["partition"] = partition.Partition,
        [name] = offset,
    };
}
