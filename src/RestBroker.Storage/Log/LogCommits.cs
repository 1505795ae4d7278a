using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Log;

/// <summary>
/// How what was appended becomes committed: a round of waiting appends ends with the flush that syncs them. A failed sync poisons the
/// log. One flush at a time; thread-safe.
/// </summary>
internal sealed class LogCommits(LogState state, LogMemory memory, PartitionProducers producers, HighWatermark highWatermark, LogHost host)
{
    private readonly Lock _flushing = new();
    private readonly Bookkeeping _books = new(state.Partition, memory, producers, host.Logger);
    private TaskCompletionSource? _round;
    private int _waiting;
    private int _crowd; // who waited lately: the last round, or half of the one before, or a quarter …
    private bool _isQueued;
    private volatile bool _isEnding;

    public TopicPartition Partition => state.Partition;

    // One past the last record: behind a reservation the next offset lies higher.
    private long RecordEnd => state.Writer.Segments.Last?.NextOffset ?? highWatermark.Value;

    /// <summary>
    /// Asks for a flush; the task ends with it, for those who wait. Null: nobody else is about, and the caller has to call
    /// <see cref="FlushHere"/>. The caller holds the partition lock.
    /// </summary>
    public Task? Join(in AppendWish wish)
    {
        // What has come due beside the sync is the flusher's, and may keep it longer than somebody who waits.
        var isLone = wish is { Wait: true, IsLone: true } && !_isQueued && _crowd <= 1;
        if (isLone && !state.Writer.IsSealDue && !memory.IsSaveDue && host.Flusher.TryBeginHere())
        {
            _isQueued = true;
            return null;
        }

        if (wish.Wait) return Join();
        if (!_isQueued) Enqueue();
        return Task.CompletedTask;
    }

    /// <summary>Asks for a flush; the task ends with it. The caller holds the partition lock.</summary>
    public Task Join()
    {
        if (!_isQueued) Enqueue();
        _waiting++;
        _round ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _round.Task;
    }

    /// <summary>Syncs on this thread, once <see cref="Join(in AppendWish)"/> has said so. The task has ended when this returns.</summary>
    /// <param name="nextOffset">One past the last record that has to be committed.</param>
    public Task FlushHere(long nextOffset)
    {
        host.Flusher.FlushHere(this);
        if (highWatermark.Value >= nextOffset) return Task.CompletedTask;
        if (state.Failure is { } failure) return Task.FromException(LogRefusal.Failed(Partition, failure));
        return Task.FromException(state.IsDeleted ? LogRefusal.Deleted(Partition) : new ObjectDisposedException(nameof(PartitionLog)));
    }

    /// <summary>Ends when everything appended so far is committed.</summary>
    public Task WhenCommittedAsync()
    {
        lock (state.Gate)
        {
            state.ThrowUnlessWritable();
            return highWatermark.Value >= state.NextOffset || !state.Writer.IsDirty ? Task.CompletedTask : Join();
        }
    }

    /// <summary>Queues what nobody waits for, and a checkpoint that has grown old.</summary>
    public void RequestFlush()
    {
        lock (state.Gate)
        {
            if (!_isQueued && state.IsLive && (state.Writer.IsDirty || memory.IsOld)) Enqueue();
        }
    }

    /// <summary>Syncs what was appended, commits it, and does the bookkeeping that has come due. For the flusher and for closing.</summary>
    public void Flush()
    {
        if (BeginFlush() is not { } flush) return;
        Sync(flush);
        EndFlush(flush, isTogether: false);
    }

    /// <summary>Syncs what was appended and commits it. The bookkeeping is left to the flusher, whose turn it is when some has come due.</summary>
    public void FlushWithoutBooks()
    {
        if (BeginFlush() is not { } flush) return;
        try
        {
            Sync(flush);
        }
        finally
        {
            Release();
        }
    }

    /// <summary>
    /// The first of three steps of a flush: takes note of what there is to sync, and keeps others from flushing until the last. Null
    /// where nothing may be synced any more.
    /// </summary>
    public PendingFlush? BeginFlush()
    {
        _flushing.Enter();
        lock (state.Gate)
        {
            if (state.IsLive)
            {
                if (state.Writer.IsSealDue) producers.TakeSnapshotIfWorthIt(RecordEnd);
                var flush = new PendingFlush(state.Writer, state.Writer.TakeUnsynced(), state.NextOffset, _round);
                (_round, _waiting, _crowd) = (null, 0, Math.Max(_waiting, _crowd / 2));
                return flush;
            }
        }

        _flushing.Exit();
        return null;
    }

    /// <summary>The second, once what was taken note of is on the disk, or the disk has failed.</summary>
    public void Commit(PendingFlush flush, Exception? error)
    {
        if (error is not null)
        {
            Fail(error);
            flush.Round?.TrySetException(LogRefusal.Failed(Partition, error));
            return;
        }

        memory.RecoveryPoint = flush.CommittedOffset;
        highWatermark.Raise(flush.CommittedOffset);
        flush.Round?.TrySetResult();
    }

    /// <summary>The last: does the bookkeeping and lets the next flush begin. On the thread of the first.</summary>
    /// <param name="flush">The flush.</param>
    /// <param name="isTogether">Whether the file system was synced for it, and will be for its bookkeeping.</param>
    public void EndFlush(PendingFlush flush, bool isTogether)
    {
        try
        {
            if (isTogether && state.IsHealthy) memory.NoteSynced();
            if (state.IsHealthy && !_isEnding) _books.Keep(flush.Taken, flush.Target, sync: !isTogether);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            Fail(e);
        }
        finally
        {
            Release();
        }
    }

    /// <summary>Poisons the log: nobody knows what the disk holds, so nothing more is acknowledged until a restart has read it.</summary>
    public void Fail(Exception error)
    {
        lock (state.Gate)
        {
            if (state.IsHealthy)
            {
                _books.TellPoisoned(error);
                host.Metrics?.Poisoned();
                state.Failure = error;
            }
        }

        Refuse(LogRefusal.Failed(Partition, error));
    }

    /// <summary>Tells whoever waits that their records are not committed.</summary>
    public void Refuse(Exception refusal)
    {
        TaskCompletionSource? round;
        lock (state.Gate) (round, _round) = (_round, null);
        round?.TrySetException(refusal);
    }

    /// <summary>Runs what must not meet a flush under way: that may still save indexes of the segments it took note of.</summary>
    public void BetweenFlushes(Action work)
    {
        lock (_flushing) work();
    }

    /// <summary>
    /// Saves the producers' state. False while records wait for a sync: a snapshot must not know more than the disk.
    /// </summary>
    public bool TrySaveProducers()
    {
        lock (state.Gate)
        {
            if (state.Writer.IsDirty) return false;
            producers.TakeSnapshot(RecordEnd);
        }

        lock (_flushing) producers.TrySaveSnapshot(sync: true);
        return true;
    }

    /// <summary>Syncs every record, closes the log and saves what makes the next start quick. False where the disk failed.</summary>
    public bool End(bool sync)
    {
        _isEnding = true;
        Flush();
        lock (_flushing)
        {
            lock (state.Gate)
            {
                state.Close();
                if (state.IsHealthy) state.Writer.GiveBackRoom();
                producers.TakeSnapshot(RecordEnd);
            }

            try
            {
                if (state.IsHealthy) _books.Close(state.Writer.Segments, state.NextOffset, sync);
            }
            catch (Exception e) when (e.IsDiskTrouble())
            {
                Fail(e);
            }

            state.Writer.Segments.CloseFiles();
            return state.IsHealthy;
        }
    }

    private void Sync(PendingFlush flush)
    {
        var started = host.Time.GetTimestamp();
        var error = flush.TrySync();
        if (flush.HadWork)
        {
            var took = host.Time.GetElapsedTime(started);
            host.Metrics?.SyncedLog(took);
            host.Flusher.Synced(took);
        }

        Commit(flush, error);
    }

    private void Release()
    {
        lock (state.Gate)
        {
            _isQueued = false;
            if (state.IsHealthy && (_round is not null || (!state.IsAsync && state.Writer.IsDirty))) Enqueue();
        }

        _flushing.Exit();
    }

    private void Enqueue()
    {
        _isQueued = true;
        host.Flusher.Enqueue(this);
    }
}
