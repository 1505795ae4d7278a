using RestBroker.Core.Engine;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// Opens a log's directory as the last run left it. Segments whose seal fits are taken over, what lies behind a seal is scanned.
/// Torn or rotten? See <see cref="TailScan"/>. Nothing is ever deleted: what is cut off goes to the quarantine, but for room, which is zeros.
/// </summary>
internal sealed class LogLoader(LogHost host, StartKind start, string quarantine)
{
    private IFileStore Files => host.Files;

    /// <summary>Reads a log back. It must not be served until what was kept is on the disk; see <see cref="StartSync"/>.</summary>
    public RecoveredLog Recover(TopicPartition partition, string directory, TopicConfig config, RecoveryReport report)
    {
        var checkpoint = new LogCheckpoint(Files, Path.Combine(directory, LogCheckpoint.FileName));
        var saved = checkpoint.Read();
        if (start != StartKind.Clean && saved is not null) checkpoint.NoteUnsynced();
        var scan = new TailScan(host, start, saved, quarantine, report);
        var found = SwapRecovery.Run(Files, directory, path => scan.Quarantine(path, 0));
        var (segments, active) = LoadSegments(found, scan, saved, report);

        // Who cut off its room may have died before the cut was on the disk. Behind it the log may go on at a reservation, and zeros before a
        // gap of offsets would look like records that were lost.
        if (start != StartKind.Clean && segments.Count > 0) segments[^1].SyncedSize = 0;
        var recoveryPoint = segments.Count == 0 ? saved?.RecoveryPoint ?? 0 : segments[^1].NextOffset;
        // The log start is durable at once; on an async topic a power cut may have taken the records that it was moved behind.
        var highWatermark = Math.Max(recoveryPoint, saved?.LogStartOffset ?? 0);
        var nextOffset = NextOffset(saved, highWatermark, segments.Count > 0);
        var memory = new LogMemory(directory, host, checkpoint, saved);
        if (start == StartKind.Clean) memory.RecoveryPoint = recoveryPoint;
        var list = new SegmentList([.. segments]);
        var producers = new ProducerLoader(host, start).Load(partition.Partition, found, list, highWatermark);
        var loaded = new LoadedLog(list, active, nextOffset, highWatermark, memory, producers);
        // Without a checkpoint nobody knows what was deleted before the first segment; with one, a file may be gone all the same.
        var firstOffset = segments.Count > 0 ? segments[0].BaseOffset : recoveryPoint;
        if (saved is not null && firstOffset > memory.LogStartOffset && segments.Count == 0) report.AddDamaged(new OffsetRange(memory.LogStartOffset, firstOffset));
        // Below the floor there may have been nothing: that is the gap of a reservation.
        if (firstOffset > Math.Max(memory.LogStartOffset, saved?.FloorOffset ?? 0)) memory.RaiseLogStart(firstOffset, nextOffset > highWatermark ? nextOffset : 0);
        var log = new PartitionLog(partition, directory, config, host, loaded);
        return new RecoveredLog(log, memory, Files, directory)
        {
            IsUnsynced = start != StartKind.Clean && (saved is not null || segments.Count > 0),
            RecoveryPoint = recoveryPoint,
        };
    }

    /// <summary>A log that has just been made.</summary>
    public PartitionLog LoadNew(TopicPartition partition, string directory, TopicConfig config)
    {
        var memory = new LogMemory(directory, host, new LogCheckpoint(Files, Path.Combine(directory, LogCheckpoint.FileName)), null);
        return new PartitionLog(partition, directory, config, host, new LoadedLog(new SegmentList(), null, 0, 0, memory, new ProducerLoader(host, start).LoadNew(partition.Partition, directory)));
    }

    // Behind a damaged end nothing may be appended, even where a file behind it is empty and goes.
    private (List<LogSegment> Segments, LogSegment? Active) LoadSegments(
        LogDirectory directory, TailScan scan, CheckpointState? saved, RecoveryReport report)
    {
        var segments = new List<LogSegment>();
        LogSegment? active = null;
        var files = new SegmentFiles(host, directory);
        for (var i = 0; i < files.Count; i++)
        {
            var segment = files.Open(i);
            // What overlaps here begins with no readable batch; see TailScan.
            if (scan.HasCut || (segments.Count > 0 && segment.BaseOffset < segments[^1].NextOffset))
            {
                scan.Quarantine(segment.File.Path, 0);
                segment.Delete();
                continue;
            }

            scan.Run(segment, files, i);
            if (segment.Size == 0)
            {
                segment.Delete();
                continue;
            }

            if (FindHole(segments, segment, saved) is { } hole)
            {
                if (scan.CutsBehind(hole, files, i - 1))
                {
                    scan.Quarantine(segment.File.Path, 0);
                    segment.Delete();
                    continue;
                }

                if (segments.Count > 0) NoteLost(segments[^1], segment.BaseOffset, report);
            }

            segment.NoteAge(host.ReadClocks());
            segments.Add(segment);
            active = scan.EndsInDamage ? null : segment;
        }

        // Whole batches, or whole files, are gone from the end of the log: their offsets were given out and must not be again.
        if (segments.Count == 0 || saved is not { } known || segments[^1].NextOffset >= known.RecoveryPoint) return (segments, active);
        NoteLost(segments[^1], known.RecoveryPoint, report);
        return (segments, null);
    }

    // A file is gone, or what it held: offsets are left out only where the leader epoch rises, or below the floor of a reservation.
    private static OffsetRange? FindHole(List<LogSegment> segments, LogSegment segment, CheckpointState? saved)
    {
        var isFirst = segments.Count == 0;
        if (isFirst && saved is null) return null;
        var expected = isFirst ? Math.Max(saved!.Value.LogStartOffset, saved.Value.FloorOffset) : segments[^1].NextOffset;
        if (segment.BaseOffset <= expected) return null;
        return !isFirst && segment.ReadFirstLeaderEpoch() > segments[^1].LeaderEpoch ? null : new OffsetRange(expected, segment.BaseOffset);
    }

    private static void NoteLost(LogSegment before, long nextOffset, RecoveryReport report)
    {
        report.AddDamaged(new OffsetRange(before.NextOffset, nextOffset));
        before.TrackDamage(before.Size, nextOffset);
    }

    // After a power cut nobody knows which offsets were told to whom: the log goes on at its reservation.
    private long NextOffset(CheckpointState? saved, long highWatermark, bool hasRecords)
    {
        var next = Math.Max(highWatermark, saved?.FloorOffset ?? 0);
        if (start == StartKind.Clean) return next;
        if (saved is { } known) return start.IsSameBoot(known, host.BootId) ? next : Math.Max(next, known.ReservedOffset);
        return hasRecords ? ((next / LogMemory.ReservationBlock) + 2) * LogMemory.ReservationBlock : next;
    }
}
