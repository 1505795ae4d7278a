using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Compacts one log, and remembers how far. One run at a time, and not while retention removes segments; else thread-safe.
/// </summary>
internal sealed class LogCleaner(PartitionLog log, string directory, LogHost host)
{
    private readonly Lock _running = new();
    private readonly HashSet<LogSegment> _damaged = [];
    private volatile CleanerNote? _note;
    private SegmentSwap? _unfinished;

    private CleanerNote Note => _note ??= ReadNote();

    /// <summary>What the last run did; null where there was none.</summary>
    public CleaningStatus? Status
    {
        get
        {
            if (!log.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact) || Note is not { LastRunAt: >= 0 } note) return null;
            var (segments, dirty) = (log.Segments, 0L);
            foreach (var segment in segments.All) dirty += segment.NextOffset > note.FirstDirtyOffset ? segment.Size : 0;
            return new CleaningStatus(
                DateTimeOffset.FromUnixTimeMilliseconds(note.LastRunAt), dirty == 0 ? 0 : (double)dirty / segments.Size, note.ReclaimedBytes);
        }
    }

    /// <summary>How much there is to do: 0 where a run is not due.</summary>
    public double Urgency => Plan() is var plan && plan.IsDue(log.Config) ? plan.DirtyRatio : 0;

    /// <summary>Compacts the log if that is due; null where it is not, or where the log was closed meanwhile.</summary>
    /// <exception cref="IOException">The disk failed or is full. What was replaced is replaced, the rest is as it was.</exception>
    public CompactionResult? Compact(long bufferBytes, CompactionPace pace, CancellationToken cancellationToken)
    {
        if (!_running.TryEnter()) return null;
        try
        {
            FinishSwap();
            var plan = Plan();
            if (!plan.IsDue(log.Config)) return null;
            var run = new CompactionRun(log, directory, host, plan, _damaged, pace);
            if (run.Execute(Note, bufferBytes, Swap, cancellationToken) is not var (result, pinnedFrom)) return null;
            _note = new CleanerNote(result.End, pinnedFrom, host.NowMilliseconds, result.ReclaimedBytes);
            _note.Write(host.Files, directory);
            return result;
        }
        finally
        {
            _running.Exit();
        }
    }

    /// <summary>Runs what changes the segments too; 0 where a compaction is under way: then the next round does it.</summary>
    public int Exclusively(Func<int> work)
    {
        if (!_running.TryEnter()) return 0;
        try
        {
            FinishSwap();
            return work();
        }
        finally
        {
            _running.Exit();
        }
    }

    private CompactionPlan Plan()
    {
        var isCompacted = log.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact);
        var closed = isCompacted ? log.Upkeep.CloseOld().SkipWhile(segment => segment.NextOffset <= log.LogStartOffset) : [];
        return CompactionPlan.Make(closed, log.Config, isCompacted ? Note.FirstDirtyOffset : 0, log.HighWatermark.Value, host.NowMilliseconds);
    }

    // False where the log was closed: the old segments stay.
    private bool Swap(IReadOnlyList<LogSegment> replaced, LogSegment cleaned)
    {
        var swap = new SegmentSwap(directory, host.Files, replaced, cleaned);
        try
        {
            swap.Commit();
        }
        catch
        {
            swap.Abandon();
            throw;
        }

        if (!log.Upkeep.TryReplace(replaced, cleaned))
        {
            swap.Abandon();
            return false;
        }

        _unfinished = swap;
        FinishSwap();
        return true;
    }

    private void FinishSwap()
    {
        if (_unfinished is not { } swap) return;
        swap.Finish();
        _unfinished = null;
        SegmentSync.TrySeal(swap.Cleaned);
    }

    private CleanerNote ReadNote()
    {
        try
        {
            return CleanerNote.Read(host.Files, directory);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            return CleanerNote.None;
        }
    }
}
