using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage.Producers;

/// <summary>
/// Brings a partition's producers up: the newest snapshot that can be believed, then the batches behind it; without a snapshot every batch
/// of the log. Damaged batches are passed over: what they told is lost with them.
/// </summary>
internal sealed class ProducerLoader(LogHost host, StartKind start)
{
    private const int ReadChunk = 1024 * 1024;

    /// <param name="partition">Its number.</param>
    /// <param name="directory">Where its snapshots are.</param>
    /// <param name="segments">Its log as it was recovered.</param>
    /// <param name="logEnd">One past the last record; told apart, for a log that retention has emptied has no segment to tell it.</param>
    public PartitionProducers Load(int partition, LogDirectory directory, SegmentList segments, long logEnd)
    {
        var state = new ProducerState(host.Producers);
        var files = new SnapshotFiles(host.Files, directory.Path);
        var saved = files.Load(directory.Files, state, logEnd);
        var replayed = Replay(segments, saved ?? 0, state);
        state.Expire(host.NowMilliseconds);
        // What a process that died has saved may not be on the disk: no segment goes on the strength of it.
        var onDisk = start == StartKind.Clean ? saved : null;
        var producers = new PartitionProducers(partition, state, files, (onDisk ?? (logEnd == 0 ? 0 : -1), replayed));
        // So much is worth a snapshot at once, or the next start reads it again.
        if (replayed <= PartitionProducers.SaveEvery) return producers;
        producers.TakeSnapshot(logEnd);
        producers.TrySaveSnapshot(sync: true);
        return producers;
    }

    /// <summary>A log that has just been made.</summary>
    public PartitionProducers LoadNew(int partition, string directory) =>
        new(partition, new ProducerState(host.Producers), new SnapshotFiles(host.Files, directory), (0, 0));

    private long Replay(SegmentList segments, long from, ProducerState state)
    {
        long replayed = 0;
        for (var i = segments.Floor(from); i < segments.Count; i++)
        {
            var segment = segments[i];
            if (segment.NextOffset <= from) continue;
            using var lease = segment.File.Rent();
            using var window = new FileWindow(host.Files, lease.Handle, ReadChunk);
            var walk = new SegmentWalk(window, segment.Size, long.MaxValue);
            LogReader.Seek(walk, segment, from - segment.BaseOffset);
            replayed += segment.Size - walk.Position;
            for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
            {
                if (step == WalkStep.Batch && walk.Batch.BaseOffset >= from) Add(walk.Batch, state, segment.LastAppendTime);
            }
        }

        return replayed;
    }

    // Nobody noted when each batch came. The segment's last append is at least as late: no producer is forgotten early.
    private static void Add(RecordBatch batch, ProducerState state, long time)
    {
        var mark = ProducerIds.IsOfKey(batch.ProducerId) ? IdempotencyMark.Of(batch) : null;
        if (ProducerIds.IsOfKey(batch.ProducerId) && mark is null) return;
        state.Add(batch, mark, time);
    }
}
