using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Log;

/// <summary>What a log says when it refuses.</summary>
internal static class LogRefusal
{
    public static BrokerException Deleted(TopicPartition partition) =>
        new(BrokerError.UnknownTopicOrPartition, $"{partition} was deleted.");

    public static BrokerException NextOffsetIsNot(TopicPartition partition, long expected, long nextOffset) =>
        new(BrokerError.PreconditionFailed, $"{partition} ends at {nextOffset}, not at {expected}.")
        {
            Members = new Dictionary<string, object> { ["nextOffset"] = nextOffset },
        };

    public static BrokerException BeyondHighWatermark(TopicPartition partition, long offset, long highWatermark) =>
        new(BrokerError.OffsetOutOfRange, $"Records before {offset} of {partition} cannot be deleted: give 0 to {highWatermark}.");

    public static BrokerException NoRoom(TopicPartition partition, int size, Exception error) =>
        new(BrokerError.DiskFull, $"There is no room on the disk for a batch of {size} bytes in {partition}. Delete records or topics, or add space.", error);

    public static BrokerException OutOfFiles(TopicPartition partition, Exception? error = null) => new(
        BrokerError.LimitReached,
        $"As many files are open as may be, and {partition} needs one more. Try again, or raise the process's limit of open files.",
        error)
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    public static BrokerException NoRoomToNote(TopicPartition partition, Exception error) =>
        new(BrokerError.DiskFull, $"There is no room on the disk to note where {partition} starts: nothing was deleted. Delete topics, or add space.", error)
        {
            SideEffects = SideEffects.None,
        };

    public static BrokerException Unreadable(TopicPartition partition, Exception error) =>
        new(BrokerError.StorageFailed, $"{partition} cannot be read: {error.Message}", error) { SideEffects = SideEffects.None };

    /// <summary>For whom the failure met: nobody knows what the disk holds.</summary>
    public static BrokerException Failed(TopicPartition partition, Exception error) =>
        new(BrokerError.StorageFailed, $"The disk failed while {partition} was written: {error.Message}. What was asked may have been stored.", error);

    /// <summary>For everybody after.</summary>
    public static BrokerException Poisoned(TopicPartition partition, Exception error) =>
        new(BrokerError.StorageFailed, $"{partition} takes no more records since the disk failed ({error.Message}). Restart the broker once the disk is well.", error)
        {
            SideEffects = SideEffects.None,
        };
}
