using Microsoft.Extensions.Logging;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Log;

/// <summary>
/// What comes after a sync: seals, the producers' snapshot and the checkpoint. The records are on the disk by then, so a disk that is full puts it off until
/// there is room and harms no log. The caller sees to it that only one thread does so for a log.
/// </summary>
internal sealed partial class Bookkeeping(TopicPartition partition, LogMemory memory, PartitionProducers producers, ILogger logger)
{
    private bool _isPutOff;

    /// <summary>Saves what has come due; what there is no room for is tried again at the next tick.</summary>
    public void Keep(in SegmentWriter.Unsynced synced, long nextOffset, bool sync)
    {
        try
        {
            SegmentSync.SealSynced(synced);
            producers.TrySaveSnapshot(sync: true); // segments go on the strength of it
            memory.SaveIfDue(nextOffset, sync);
            _isPutOff = false;
        }
        catch (Exception e) when (e.IsDiskFull())
        {
            // Told once: a tick comes every second.
            if (!_isPutOff) Log.PutOff(logger, partition, e);
            _isPutOff = true;
        }
    }

    /// <summary>Saves what makes the next start quick.</summary>
    public void Close(SegmentList segments, long nextOffset, bool sync)
    {
        SegmentSync.SealAll(segments, sync);
        producers.TrySaveSnapshot(sync);
        if (memory.IsOld) memory.Save(nextOffset, sync);
    }

    public void TellPoisoned(Exception error) => Log.Poisoned(logger, partition, error);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "{Partition}: there is no room on the disk for the checkpoint; it is tried again. No record is affected")]
        public static partial void PutOff(ILogger logger, TopicPartition partition, Exception error);

        [LoggerMessage(2, LogLevel.Error, "{Partition}: the disk failed; the log takes no more records until a restart has read it")]
        public static partial void Poisoned(ILogger logger, TopicPartition partition, Exception error);
    }
}
