using RestBroker.Core.Engine;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// Reads what a segment holds behind its seal and tells torn from rotten. A bad batch at or above the recovery point was never
/// acknowledged as durable and is torn: it and everything behind it is copied to the quarantine and cut. Below it, after a clean stop,
/// or where readable batches follow and the machine never went down, it is rot: it stays, and readers are told of a gap.
/// </summary>
internal sealed class TailScan(LogHost host, StartKind start, CheckpointState? saved, string quarantine, RecoveryReport report)
{
    private const int ScanChunk = 1024 * 1024;

    private IFileStore Files => host.Files;

    /// <summary>Whether a tail was cut: what lies behind it must go too.</summary>
    public bool HasCut { get; private set; }

    /// <summary>Whether the last segment ends in bytes that cannot be read: nothing may be appended behind them.</summary>
    public bool EndsInDamage { get; private set; }

    public void Run(LogSegment segment)
    {
        EndsInDamage = false;
        using var lease = segment.File.Rent();
        var fileSize = Files.Length(lease.Handle);
        if (segment.TryUnseal(fileSize)) segment.SyncedSize = segment.Size;
        if (segment.Size == fileSize) return;

        report.ScannedBytes += fileSize - segment.Size;
        using var window = new FileWindow(Files, lease.Handle, ScanChunk);
        var walk = new SegmentWalk(window, fileSize, long.MaxValue);
        walk.StartAt(segment.Size, segment.NextOffset, segment.Size == 0 ? int.MaxValue : segment.LeaderEpoch);
        for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
        {
            if (step == WalkStep.Batch)
            {
                segment.Track(walk.Batch, LastAppendTime());
                continue;
            }

            if (IsTorn(walk.Damaged))
            {
                Cut(segment, lease);
                return;
            }

            TrackRot(segment, walk, fileSize);
        }
    }

    /// <summary>Keeps a copy of a file from a position on.</summary>
    public void Quarantine(string path, long position)
    {
        var directory = Path.GetFileName(Path.GetDirectoryName(path)!);
        var topic = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!);
        Files.CreateDirectory(quarantine);
        var name = $"{topic}-{directory}-{Path.GetFileName(path)}.{position}.{host.NowMilliseconds}";
        report.QuarantinedBytes += Files.CopyRange(path, position, Path.Combine(quarantine, name));
        Files.SyncDirectory(quarantine);
    }

    private bool IsTorn(OffsetRange damaged)
    {
        if (start == StartKind.Clean) return false;
        var nothingFollows = damaged.To == long.MaxValue;
        if (saved is not { } known || start.IsSameBoot(known, host.BootId)) return nothingFollows && damaged.From >= (saved?.RecoveryPoint ?? 0);
        return damaged.From >= known.RecoveryPoint;
    }

    private void Cut(LogSegment segment, SegmentFile.Lease lease)
    {
        Quarantine(segment.File.Path, segment.Size);
        Files.Truncate(lease.Handle, segment.Size);
        Files.Sync(lease.Handle);
        HasCut = true;
    }

    private void TrackRot(LogSegment segment, SegmentWalk walk, long fileSize)
    {
        var next = walk.Damaged.To;
        if (next == long.MaxValue)
        {
            EndsInDamage = true;
            next = Math.Max(segment.NextOffset, saved?.RecoveryPoint ?? 0);
        }

        report.AddDamaged(new OffsetRange(walk.Damaged.From, next));
        segment.TrackDamage(EndsInDamage ? fileSize : walk.Position, next);
    }

    // Nobody noted when these were appended. The checkpoint's time or now is at least as late: retention is never early.
    private long LastAppendTime() => Math.Max(saved?.LastAppendTime ?? 0, host.NowMilliseconds);
}
