using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage.Inspection;

/// <summary>A log that nobody writes, read from its files alone: no index, seal or checkpoint is believed. Not thread-safe.</summary>
internal sealed class StoppedLog
{
    private const int ReadChunk = 1024 * 1024;

    private readonly IFileStore _files;

    public StoppedLog(IFileStore files, string directory)
    {
        (_files, Directory) = (files, directory);
        BaseOffsets = [.. SegmentFiles.BaseOffsets(files.Files(directory)).Order()];
        Checkpoint = new LogCheckpoint(files, Path.Combine(directory, LogCheckpoint.FileName)).Read();
    }

    public string Directory { get; }

    public IReadOnlyList<long> BaseOffsets { get; }

    /// <summary>What the log remembers; null where nothing valid is there.</summary>
    public CheckpointState? Checkpoint { get; }

    /// <summary>From segment to segment and batch to batch, from the segment that holds an offset on.</summary>
    public IEnumerable<StoredBatch> Read(long fromOffset)
    {
        for (var i = 0; i < BaseOffsets.Count; i++)
        {
            if (NextBaseOffset(i) <= fromOffset) continue;
            foreach (var step in ReadSegment(i)) yield return step;
        }
    }

    /// <summary>Everything that one segment's file holds.</summary>
    public IEnumerable<StoredBatch> ReadSegment(int index)
    {
        var path = PathOf(index);
        var name = Path.GetFileName(path);
        using var file = _files.Open(path);
        using var window = new FileWindow(_files, file, ReadChunk);
        var walk = new SegmentWalk(window, _files.Length(file), long.MaxValue) { BatchLimit = NextBaseOffset(index) };
        walk.StartAt(0, BaseOffsets[index], int.MaxValue);
        for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
        {
            // Room that the log had made ahead stands for no record.
            if (step == WalkStep.Room && SegmentRoom.IsMet(walk, KnownEnd(index))) yield break;
            var (from, size) = (walk.BatchPosition, walk.Position - walk.BatchPosition);
            yield return step == WalkStep.Batch
                ? new StoredBatch(name, from, size, walk.Batch, null)
                : new StoredBatch(name, from, size, null, walk.Damaged);
        }
    }

    public string PathOf(int index) => Path.Combine(Directory, $"{BaseOffsets[index]:D20}.log");

    /// <summary>Where the next file begins; the greatest number behind the last.</summary>
    public long NextBaseOffset(int index) => index + 1 < BaseOffsets.Count ? BaseOffsets[index + 1] : long.MaxValue;

    private long KnownEnd(int index) => NextBaseOffset(index) is var next and < long.MaxValue ? next : Checkpoint?.RecoveryPoint ?? 0;
}
