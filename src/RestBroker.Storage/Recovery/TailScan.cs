using RestBroker.Core.Engine;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// Reads what a segment holds behind its seal and tells torn from rotten. A bad batch at or above the recovery point was never
/// acknowledged as durable and is torn: it and everything behind it is copied to the quarantine and cut. Below it, after a clean stop,
/// or where readable batches follow and the machine never went down, it is rot: it stays, and readers are told of a gap. Damage at the
/// end of a file ends where the next file begins; the recovery point tells the end of the last one only. Bytes that stand for no offset
/// at all are junk: they go to the quarantine, and what lies behind them stays. Zeros that stand for none are room, and are cut.
/// </summary>
internal sealed class TailScan(LogHost host, StartKind start, CheckpointState? saved, string quarantine, RecoveryReport report)
{
    private const int ScanChunk = 1024 * 1024;

    private IFileStore Files => host.Files;

    /// <summary>Whether a tail was cut: what lies behind it must go too.</summary>
    public bool HasCut { get; private set; }

    /// <summary>Whether the last segment ends in bytes that cannot be read: nothing may be appended behind them.</summary>
    public bool EndsInDamage { get; private set; }

    public void Run(LogSegment segment, SegmentFiles files, int index)
    {
        EndsInDamage = false;
        using var lease = segment.File.Rent();
        var fileSize = Files.Length(lease.Handle);
        if (TryUnseal(segment, fileSize, files, index)) segment.SyncedSize = segment.Size;
        if (segment.Size == fileSize) return;

        report.ScannedBytes += fileSize - segment.Size;
        using var window = new FileWindow(Files, lease.Handle, ScanChunk);
        // Offsets that a later file readably holds are not in this one.
        var walk = new SegmentWalk(window, fileSize, long.MaxValue) { BatchLimit = files.FirstReadableAfter(index) };
        walk.StartAt(segment.Size, segment.NextOffset, segment.Size == 0 ? int.MaxValue : segment.LeaderEpoch);
        for (var step = walk.Next(whole: true); step != WalkStep.End; step = walk.Next(whole: true))
        {
            if (step == WalkStep.Batch)
            {
                segment.Track(walk.Batch, LastAppendTime());
                continue;
            }

            var next = walk.Damaged.To == long.MaxValue ? files.FirstAfter(index, walk.Damaged.From) : walk.Damaged.To;
            if (step == WalkStep.Room && SegmentRoom.IsMet(walk, KnownEnd(next)))
            {
                Files.Truncate(lease.Handle, segment.Size);
                return;
            }

            var isJunk = IsJunk(walk.Damaged.From, next);
            if (isJunk || IsTorn(walk.Damaged, files, index))
            {
                // Where there is no room for the copy the bytes stay: the log goes on in another file, and a later start cuts them as junk.
                EndsInDamage = !TryCut(segment, lease);
                HasCut = !isJunk;
                return;
            }

            EndsInDamage = walk.Damaged.To == long.MaxValue;
            if (next == long.MaxValue) next = Math.Max(segment.NextOffset, saved?.RecoveryPoint ?? 0);
            report.AddDamaged(new OffsetRange(walk.Damaged.From, next));
            segment.TrackDamage(EndsInDamage ? fileSize : walk.Position, next);
        }
    }

    /// <summary>Whether a hole between two files is a tear, so that the later file and those behind it must go.</summary>
    public bool CutsBehind(OffsetRange hole, SegmentFiles files, int index) => HasCut = HasCut || IsTorn(hole, files, index);

    /// <summary>Keeps a copy of a file from a position on. A whole file is moved: that needs no room.</summary>
    public void Quarantine(string path, long position)
    {
        var directory = Path.GetFileName(Path.GetDirectoryName(path)!);
        var topic = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(path)!)!);
        Files.CreateDirectory(quarantine);
        var name = $"{topic}-{directory}-{Path.GetFileName(path)}.{position}.{host.NowMilliseconds}";
        var copy = Path.Combine(quarantine, name);
        report.QuarantinedBytes += position == 0 ? Move(path, copy) : Files.CopyRange(path, position, copy);
        Files.SyncDirectory(quarantine);
    }

    private long Move(string path, string to)
    {
        long size;
        using (var file = Files.Open(path))
        {
            Files.Sync(file);
            size = Files.Length(file);
        }

        Files.Rename(path, to);
        Files.SyncDirectory(Path.GetDirectoryName(path)!);
        return size;
    }

    // The later files are looked into only where their names say that a seal does not fit: a start reads seals alone.
    private static bool TryUnseal(LogSegment segment, long fileSize, SegmentFiles files, int index)
    {
        if (segment.TryUnseal(fileSize, files.FirstAfter(index, segment.BaseOffset))) return true;
        return files.FirstReadableAfter(index) is var limit && segment.TryUnseal(fileSize, limit);
    }

    // Zeros from there on are room, or records that nobody was told are on the disk: nothing to keep a copy of. What was closed in order has
    // a checkpoint that tells its end.
    private long KnownEnd(long next) =>
        next < long.MaxValue ? next : saved?.RecoveryPoint ?? (start == StartKind.Clean ? long.MaxValue : 0);

    // No offset is missing, so no record can have been here: the next file begins where this one ends, or the log was closed there.
    private bool IsJunk(long from, long next) =>
        next == long.MaxValue ? start == StartKind.Clean && from >= saved?.RecoveryPoint : from >= next;

    private bool IsTorn(OffsetRange damaged, SegmentFiles files, int index)
    {
        if (start == StartKind.Clean || damaged.From < (saved?.RecoveryPoint ?? 0)) return false;
        if (saved is { } known && !start.IsSameBoot(known, host.BootId)) return !files.IsSealedAfter(index);
        return damaged.To == long.MaxValue && files.FirstReadableAfter(index) == long.MaxValue;
    }

    private bool TryCut(LogSegment segment, SegmentFile.Lease lease)
    {
        try
        {
            Quarantine(segment.File.Path, segment.Size);
        }
        catch (Exception e) when (e.IsDiskFull() && segment.Size > 0)
        {
            return false;
        }

        segment.Unseal();
        if (segment.Size == 0) return true; // the whole file has gone there
        Files.Truncate(lease.Handle, segment.Size);
        Files.Sync(lease.Handle);
        return true;
    }

    // Nobody noted when these were appended. The checkpoint's time or now is at least as late: retention is never early.
    private long LastAppendTime() => Math.Max(saved?.LastAppendTime ?? 0, host.NowMilliseconds);
}
