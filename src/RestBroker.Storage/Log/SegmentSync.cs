using RestBroker.Storage.Files;

namespace RestBroker.Storage.Log;

/// <summary>Brings segments to the disk. The caller sees to it that only one thread does so for a log.</summary>
internal static class SegmentSync
{
    /// <summary>How far an active segment may grow beyond what is saved of it: the most that a start has to read.</summary>
    private const long SealEvery = 16 * 1024 * 1024;

    /// <summary>Syncs what was written, in the order of the offsets.</summary>
    public static void SyncDirty(SegmentList segments)
    {
        for (var i = FirstDirty(segments); i < segments.Count; i++) Sync(segments[i]);
    }

    /// <summary>Takes note that everything there was at one moment has been synced.</summary>
    public static void NoteSynced(in SegmentWriter.Unsynced synced)
    {
        for (var i = FirstDirty(synced.Segments); i < synced.Segments.Count; i++)
        {
            var segment = synced.Segments[i];
            segment.SyncedSize = segment == synced.Active ? synced.ActiveSeal.Size : segment.Size;
        }
    }

    /// <summary>Whether <see cref="SealSynced"/> has something to save.</summary>
    public static bool IsSealDue(SegmentList segments, LogSegment? active)
    {
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i] != active) return !segments[i].IsSealed;
            if (segments[i].UnsealedSize >= SealEvery) return true;
        }

        return false;
    }

    /// <summary>Saves the indexes of closed segments, and of the active one as it was before the sync, if much was added.</summary>
    public static void SealSynced(in SegmentWriter.Unsynced synced)
    {
        var (segments, active) = (synced.Segments, synced.Active);
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            if (segments[i] == active)
            {
                if (active.UnsealedSize >= SealEvery) TrySeal(active, synced.ActiveSeal);
            }
            else if (segments[i].IsSealed || !TrySeal(segments[i], segments[i].Describe()))
            {
                return;
            }
        }
    }

    public static void SealAll(SegmentList segments)
    {
        foreach (var segment in segments.All)
        {
            if (segment is { Size: > 0, IsSealed: false }) TrySeal(segment, segment.Describe());
        }
    }

    /// <summary>Saves the indexes of a closed segment; where that fails somebody does it later.</summary>
    public static void TrySeal(LogSegment segment)
    {
        if (!TrySeal(segment, segment.Describe())) segment.Close();
    }

    private static void Sync(LogSegment segment)
    {
        var size = segment.Size;
        using (var lease = segment.File.Rent()) segment.File.Files.Sync(lease.Handle);
        segment.SyncedSize = size;
    }

    private static int FirstDirty(SegmentList segments)
    {
        var first = segments.Count;
        while (first > 0 && segments[first - 1] is var segment && segment.SyncedSize < segment.Size) first--;
        return first;
    }

    // Indexes and seals are caches: without them the next start reads the segment.
    private static bool TrySeal(LogSegment segment, SegmentSeal seal)
    {
        try
        {
            segment.Seal(seal, sync: true);
            return true;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            return false;
        }
    }
}
