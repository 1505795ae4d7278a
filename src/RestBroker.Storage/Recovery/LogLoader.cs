using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// Opens a log's directory as the last run left it. Segments whose seal fits are taken over, what lies behind a seal is scanned.
/// Torn or rotten? See <see cref="TailScan"/>. Nothing is ever deleted: what is cut off goes to the quarantine.
/// </summary>
internal sealed class LogLoader(LogHost host, StartKind start, string quarantine)
{
    private IFileStore Files => host.Files;

    public PartitionLog Load(TopicPartition partition, string directory, TopicConfig config, RecoveryReport report)
    {
        var checkpoint = new LogCheckpoint(Files, Path.Combine(directory, LogCheckpoint.FileName));
        var saved = checkpoint.Read();
        var scan = new TailScan(host, start, saved, quarantine, report);
        var segments = LoadSegments(directory, scan);

        var highWatermark = segments.Count == 0 ? saved?.RecoveryPoint ?? 0 : segments[^1].NextOffset;
        var nextOffset = NextOffset(saved, highWatermark, segments.Count > 0);
        var memory = new LogMemory(directory, host, checkpoint, saved) { RecoveryPoint = highWatermark };
        var loaded = new LoadedLog(new SegmentList([.. segments]), Active(segments, scan), nextOffset, highWatermark, memory);
        // Without a checkpoint nobody knows what was deleted before the first segment.
        if (saved is null && segments.Count > 0) memory.RaiseLogStart(segments[0].BaseOffset);
        if (start != StartKind.Clean && (saved is not null || segments.Count > 0))
        {
            SyncAll(directory, segments);
            if (nextOffset > highWatermark) memory.SaveFloor(nextOffset);
            else if (memory.IsOld) memory.Save(nextOffset);
        }

        return new PartitionLog(partition, directory, config, host, loaded);
    }

    /// <summary>A log that has just been made.</summary>
    public PartitionLog LoadNew(TopicPartition partition, string directory, TopicConfig config)
    {
        var memory = new LogMemory(directory, host, new LogCheckpoint(Files, Path.Combine(directory, LogCheckpoint.FileName)), null);
        return new PartitionLog(partition, directory, config, host, new LoadedLog(new SegmentList(), null, 0, 0, memory));
    }

    private List<LogSegment> LoadSegments(string directory, TailScan scan)
    {
        var segments = new List<LogSegment>();
        foreach (var (path, baseOffset) in SegmentFiles(directory))
        {
            var segment = new LogSegment(directory, baseOffset, host.Segments);
            if (scan.HasCut || (segments.Count > 0 && baseOffset < segments[^1].NextOffset))
            {
                scan.Quarantine(path, 0);
                Files.Delete(path);
                continue;
            }

            scan.Run(segment);
            if (segment.Size == 0) segment.Delete();
            else segments.Add(segment);
        }

        return segments;
    }

    // After a power cut nobody knows which offsets were told to whom: the log goes on at its reservation.
    private long NextOffset(CheckpointState? saved, long highWatermark, bool hasRecords)
    {
        var next = Math.Max(highWatermark, saved?.FloorOffset ?? 0);
        if (start == StartKind.Clean) return next;
        if (saved is { } known) return start.IsSameBoot(known, host.BootId) ? next : Math.Max(next, known.ReservedOffset);
        return hasRecords ? ((next / LogMemory.ReservationBlock) + 2) * LogMemory.ReservationBlock : next;
    }

    private static LogSegment? Active(List<LogSegment> segments, TailScan scan) =>
        segments.Count > 0 && !scan.EndsInDamage ? segments[^1] : null;

    private void SyncAll(string directory, List<LogSegment> segments)
    {
        foreach (var segment in segments)
        {
            if (segment.SyncedSize == segment.Size) continue;
            using var lease = segment.File.Rent();
            Files.Sync(lease.Handle);
            segment.SyncedSize = segment.Size;
        }

        Files.SyncDirectory(directory);
    }

    private IEnumerable<(string Path, long BaseOffset)> SegmentFiles(string directory) =>
        from path in Files.Files(directory)
        where path.EndsWith(".log", StringComparison.Ordinal)
        let name = Path.GetFileNameWithoutExtension(path)
        where name.Length == 20 && long.TryParse(name, out _)
        orderby name
        select (path, long.Parse(name, System.Globalization.CultureInfo.InvariantCulture));
}
