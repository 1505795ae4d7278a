using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Log;

/// <summary>
/// What an append needs of the machine, asked before anything is written: room on the disk beyond the reserve, and a descriptor for a
/// file that must stay open until it is synced. Internal topics may use the reserve: without commits and deletions nobody could make room. Thread-safe.
/// </summary>
internal sealed class Admission(OpenSegments segments, DiskReserve reserve)
{
    private const int DirectorySize = 4096;

    /// <exception cref="BrokerException">The machine has not got it; nothing was changed.</exception>
    public void Check(TopicPartition partition, int size, LogSegment? active)
    {
        var isInternal = TopicName.IsInternal(partition.Topic);
        if (!isInternal && !reserve.TryTake(size)) throw LowOnDisk(partition.ToString());
        if (active is not { File.IsDirty: true } && !segments.TryMakeRoom() && !isInternal) throw LogRefusal.OutOfFiles(partition);
    }

    /// <summary>Takes room for bytes that can be done without. False where that would use the reserve.</summary>
    public bool TryTake(int size) => reserve.TryTake(size);

    /// <exception cref="BrokerException">A new topic's directories would use the reserve.</exception>
    public void CheckNew(string topic)
    {
        if (!TopicName.IsInternal(topic) && !reserve.TryTake(DirectorySize)) throw LowOnDisk($"the new topic '{topic}'");
    }

    private BrokerException LowOnDisk(string what) => new(
        BrokerError.DiskFull,
        $"Of the disk {reserve.FreeBytes} bytes are free, and {reserve.Bytes} of them are kept: there is no room for {what}. Delete records or topics, shorten retention, or add space.");
}
