using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Inspection;

/// <summary>Reads all of a log and holds what is beside it against it. Not thread-safe.</summary>
internal sealed class LogCheck(IFileStore files, StoppedLog log, TopicPartition partition)
{
    private readonly List<string> _faults = [];
    private readonly OpenSegments _open = new(files, 16);
    private long _records, _bytes;
    private long _nextOffset = log.BaseOffsets.Count > 0 ? log.BaseOffsets[0] : log.Checkpoint?.LogStartOffset ?? 0;
    private int _leaderEpoch = int.MaxValue;

    private long RecoveryPoint => log.Checkpoint?.RecoveryPoint ?? 0;

    public PartitionReport Run()
    {
        if (log.BaseOffsets.Count > 0 && log.Checkpoint is null)
            _faults.Add($"{LogCheckpoint.FileName}: missing or damaged; nobody knows what was deleted, nor which offsets were given out");
        if (log.BaseOffsets.Count > 0 && log.BaseOffsets[0] > log.Checkpoint?.LogStartOffset)
            _faults.Add($"offsets {log.Checkpoint.Value.LogStartOffset} to {log.BaseOffsets[0] - 1} have no file");
        for (var i = 0; i < log.BaseOffsets.Count; i++) CheckSegment(i);
        if (_nextOffset < RecoveryPoint)
            _faults.Add($"offsets {_nextOffset} to {RecoveryPoint - 1} are gone: the checkpoint says that they were on the disk");
        var start = Math.Max(log.Checkpoint?.LogStartOffset ?? 0, log.BaseOffsets.Count > 0 ? log.BaseOffsets[0] : 0);
        return new PartitionReport(partition, _records, start, _nextOffset, _bytes, _faults);
    }

    private void CheckSegment(int index)
    {
        var before = _faults.Count;
        var rebuilt = new LogSegment(log.Directory, log.BaseOffsets[index], _open);
        var ends = new HashSet<(long Size, long NextOffset)>();
        foreach (var step in log.ReadSegment(index))
        {
            _bytes += step.Size;
            if (step.Batch is not { } batch)
            {
                NoteDamage(step, index);
                continue;
            }

            NoteGap(step, batch, isFirst: rebuilt.Size == 0);
            rebuilt.Track(batch, 0);
            ends.Add((rebuilt.Size, rebuilt.NextOffset));
            CountRecords(step, batch);
            (_nextOffset, _leaderEpoch) = (batch.NextOffset, batch.LeaderEpoch);
        }

        // What was made of damaged bytes cannot be held against an index of the whole ones.
        if (_faults.Count == before) CheckSeal(index, rebuilt, ends);
    }

    private void NoteDamage(StoredBatch step, int index)
    {
        var to = step.Damaged!.Value.To == long.MaxValue ? log.NextBaseOffset(index) : step.Damaged.Value.To;
        var from = step.Damaged.Value.From;
        var where = $"{step.File}, bytes {step.Position} to {step.Position + step.Size - 1}";
        var isTail = to == long.MaxValue;
        _faults.Add(isTail && from >= RecoveryPoint
            ? $"{where}: the tail from offset {from} on is not whole, and was not known to be on the disk; a start keeps a copy and cuts it off"
            : $"{where}: offsets {from} to {(isTail ? Math.Max(RecoveryPoint - 1, from) : to - 1)} cannot be read; they stay as a gap that readers are told of");
        _nextOffset = isTail ? Math.Max(from, Math.Min(RecoveryPoint, long.MaxValue)) : to;
        _leaderEpoch = int.MaxValue;
    }

    // A gap is what a reservation leaves after a power cut: then the leader epoch rises with it. Within a file the walk has seen to that.
    private void NoteGap(StoredBatch step, RecordBatch batch, bool isFirst)
    {
        if (!isFirst || batch.BaseOffset == _nextOffset || batch.LeaderEpoch > _leaderEpoch || _leaderEpoch == int.MaxValue) return;
        _faults.Add($"{step.File}: offsets {_nextOffset} to {batch.BaseOffset - 1} before it are missing");
    }

    private void CountRecords(StoredBatch step, RecordBatch batch)
    {
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out _)) _records++;
        }
        catch (BrokerException e)
        {
            _faults.Add($"{step.File}, byte {step.Position}: the checksum of the batch {batch.BaseOffset} to {batch.LastOffset} fits, but its records cannot be read: {e.Message}");
        }
    }

    // Without a seal a start reads the segment: nothing is lost. One that does not fit is of another file, or rotten.
    private void CheckSeal(int index, LogSegment rebuilt, HashSet<(long Size, long NextOffset)> ends)
    {
        var name = Path.GetFileNameWithoutExtension(log.PathOf(index));
        if (!files.Exists(Path.Combine(log.Directory, name + ".seal"))) return;
        var saved = new LogSegment(log.Directory, log.BaseOffsets[index], _open);
        if (!saved.TryUnseal(rebuilt.Size, log.NextBaseOffset(index)) || (saved.Size > 0 && !ends.Contains((saved.Size, saved.NextOffset))))
        {
            _faults.Add($"{name}.seal: does not fit the segment and its index files; a start reads the segment and makes them again");
            return;
        }

        if (saved.Times.Count > rebuilt.Times.Count) rebuilt.Close();
        if (!rebuilt.Offsets.StartsWith(saved.Offsets))
            _faults.Add($"{name}.index: is not the one that the segment gives");
        if (!rebuilt.Times.StartsWith(saved.Times))
            _faults.Add($"{name}.timeindex: is not the one that the segment gives");
    }
}
