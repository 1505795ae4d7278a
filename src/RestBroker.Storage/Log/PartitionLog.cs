using System.Diagnostics;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Keys;
using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Log;

/// <summary>
/// The log of one partition: batches in the order of their offsets, in segments. Appending holds the one lock; reading takes an
/// immutable snapshot and none. What is written becomes committed when <see cref="Flush"/> has synced it (or at once, where the
/// topic's durability is <c>async</c>). A failed write or sync poisons the log: it acknowledges nothing more, and reads go on.
/// Thread-safe.
/// </summary>
internal sealed class PartitionLog
{
    private readonly Lock _gate = new();
    private readonly Lock _flushing = new();
    private readonly LogHost _host;
    private readonly LogMemory _memory;
    private readonly Bookkeeping _books;
    private readonly SegmentWriter _writer;
    private long _nextOffset;
    private long _lastAppendTimestamp;
    private TaskCompletionSource? _round;
    private Exception? _failure;
    private bool _queued;
    private volatile bool _closing, _closed, _deleted;

    public PartitionLog(TopicPartition partition, string directory, TopicConfig config, LogHost host, LoadedLog loaded)
    {
        (Partition, Config, _host) = (partition, config, host);
        _writer = new SegmentWriter(directory, host, loaded.Segments, loaded.Active);
        (_nextOffset, _memory, _lastAppendTimestamp) = (loaded.NextOffset, loaded.Memory, loaded.Segments.Last?.MaxTimestamp ?? -1);
        Producers = loaded.Producers;
        _books = new Bookkeeping(partition, _memory, Producers, host.Logger);
        HighWatermark = new HighWatermark(loaded.HighWatermark);
        Cleaner = new LogCleaner(this, directory, host);
        Keys = new LogKeys(this);
    }

    public TopicPartition Partition { get; }

    public TopicConfig Config { get; set; }

    public HighWatermark HighWatermark { get; }

    /// <summary>Compacts this log.</summary>
    public LogCleaner Cleaner { get; }

    /// <summary>Looks up the latest record of a key.</summary>
    public LogKeys Keys { get; }

    /// <summary>Which batches compaction keeps whole, whatever their keys: the last one of each live producer.</summary>
    public bool MustKeep(RecordBatch batch) => Producers.IsLastBatchOfProducer(batch);

    public long LogStartOffset => _memory.LogStartOffset;

    /// <summary>The log end: the offset that the next record gets.</summary>
    public long NextOffset => Volatile.Read(ref _nextOffset);

    /// <summary>Whether it takes nothing more: the topic is gone or the broker ends.</summary>
    public bool IsClosed => _closed;

    public bool IsHealthy => Volatile.Read(ref _failure) is null;

    public SegmentList Segments => _writer.Segments;

    /// <summary>Whose batches it holds; each is stored once.</summary>
    public PartitionProducers Producers { get; }

    // One past the last record: behind a reservation the next offset lies higher.
    private long RecordEnd => Segments.Last?.NextOffset ?? HighWatermark.Value;

    private bool IsAsync => Config.Durability == Core.Topics.Durability.Async;

    /// <summary>
    /// Appends a validated batch at the log end. The task ends when it is committed; it is made only for those who wait. Where a producer's
    /// batch is in the log already, the answer is that of the first time, and everybody waits until that one is committed.
    /// </summary>
    public (ProduceResult Result, Task Committed) Append(RecordBatch batch, long? expectedNextOffset, bool wait, IdempotencyMark? mark = null) =>
        Append(batch, new AppendWish(expectedNextOffset, wait, mark));

    /// <summary>The same, if a check under the lock does not refuse it.</summary>
    public (ProduceResult Result, Task Committed) Append(RecordBatch batch, AppendWish wish)
    {
        ProduceResult result;
        Task committed;
        var isAsync = IsAsync;
        lock (_gate)
        {
            ThrowUnlessWritable();
            if (Producers.FindFirst(batch, wish.Mark) is { } first) return AnswerAgain(first);
            if (wish.ExpectedNextOffset is { } expected && expected != _nextOffset) throw LogRefusal.NextOffsetIsNot(Partition, expected, _nextOffset);
            wish.Check?.Invoke();
            _host.Admission?.Check(Partition, batch.Size, _writer.Active);
            var (now, appendTime) = (_host.NowMilliseconds, StampTime(batch));
            batch.StampPlace(_nextOffset, _host.LeaderEpoch);
            Write(batch, now);
            Producers.Add(batch, wish.Mark, now);
            Volatile.Write(ref _nextOffset, batch.NextOffset);
            _memory.LastAppendTime = now;
            _host.Metrics?.Appended(batch.RecordCount, batch.Size);
            result = new ProduceResult(batch.BaseOffset, appendTime, LogStartOffset);
            committed = isAsync ? Task.CompletedTask : JoinRound(wish.Wait);
        }

        if (isAsync) HighWatermark.Raise(result.BaseOffset + batch.RecordCount);
        return (result, committed);
    }

    /// <summary>Reads committed batches; see <see cref="LogReader.Read"/>. A failure is a value.</summary>
    public (BrokerError Error, LogSlice Slice) Read(long offset, int maxBytes)
    {
        while (true)
        {
            if (_deleted) return (BrokerError.UnknownTopicOrPartition, default);
            if (_closed) return default;
            if (offset < LogStartOffset) return (BrokerError.OffsetTrimmed, default);
            if (offset > NextOffset || offset < 0) return (BrokerError.OffsetOutOfRange, default);
            try
            {
                // In this order: whatever is committed below the watermark is in segments that are there by now.
                var limit = HighWatermark.Value;
                var slice = LogReader.Read(Segments, offset, limit, maxBytes);
                if (slice.IsStale) continue; // deleted while we looked: the log start has moved too
                return (slice.Corrupt is null ? BrokerError.None : BrokerError.RecordCorrupt, slice);
            }
            catch (Exception e) when (e.IsDiskTrouble())
            {
                return (BrokerError.StorageFailed, default);
            }
        }
    }

    /// <summary>The first committed record whose timestamp is this or later.</summary>
    public (long Offset, long Timestamp)? FindTimestamp(long timestamp)
    {
        try
        {
            while (true)
            {
                var found = LogReader.FindTimestamp(Segments, LogStartOffset, HighWatermark.Value, timestamp, out var isStale);
                if (!isStale || _closed) return found;
            }
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            throw LogRefusal.Unreadable(Partition, e);
        }
    }

    /// <summary>Ends when everything appended so far is committed.</summary>
    public Task WhenCommittedAsync()
    {
        lock (_gate)
        {
            ThrowUnlessWritable();
            return HighWatermark.Value >= _nextOffset || !_writer.IsDirty ? Task.CompletedTask : JoinRound(wait: true);
        }
    }

    /// <summary>Queues what nobody waits for, and a checkpoint that has grown old.</summary>
    public void RequestFlush()
    {
        lock (_gate)
        {
            if (!_queued && _failure is null && !_closed && (_writer.IsDirty || _memory.IsOld)) Enqueue();
        }
    }

    /// <summary>Syncs what was appended, commits it, and does the bookkeeping that has come due. For the flusher and for closing.</summary>
    public void Flush()
    {
        if (BeginFlush() is not { } flush) return;
        var started = Stopwatch.GetTimestamp();
        var error = flush.TrySync();
        if (flush.HadWork) _host.Metrics?.SyncedLog(Stopwatch.GetElapsedTime(started));
        Commit(flush, error);
        EndFlush(flush, isTogether: false);
    }

    /// <summary>
    /// The first of three steps of a flush: takes note of what there is to sync, and keeps others from flushing until the last. Null
    /// where nothing may be synced any more.
    /// </summary>
    public PendingFlush? BeginFlush()
    {
        _flushing.Enter();
        lock (_gate)
        {
            if (_failure is null && !_closed)
            {
                if (_writer.IsSealDue) Producers.TakeSnapshotIfWorthIt(RecordEnd);
                var flush = new PendingFlush(_writer, _writer.TakeUnsynced(), _nextOffset, _round);
                _round = null;
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

        _memory.RecoveryPoint = flush.CommittedOffset;
        HighWatermark.Raise(flush.CommittedOffset);
        flush.Round?.TrySetResult();
    }

    /// <summary>The last: does the bookkeeping and lets the next flush begin. On the thread of the first.</summary>
    /// <param name="flush">The flush.</param>
    /// <param name="isTogether">Whether the file system was synced for it, and will be for its bookkeeping.</param>
    public void EndFlush(PendingFlush flush, bool isTogether)
    {
        try
        {
            if (isTogether && IsHealthy) _memory.NoteSynced();
            if (IsHealthy && !_closing) _books.Keep(flush.Taken, flush.Target, sync: !isTogether);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            Fail(e);
        }
        finally
        {
            lock (_gate)
            {
                _queued = false;
                if (_failure is null && (_round is not null || (!IsAsync && _writer.IsDirty))) Enqueue();
            }

            _flushing.Exit();
        }
    }

    /// <summary>Poisons the log: nobody knows what the disk holds, so nothing more is acknowledged until a restart has read it.</summary>
    public void Fail(Exception error)
    {
        TaskCompletionSource? round;
        lock (_gate)
        {
            if (_failure is null) _books.TellPoisoned(error);
            if (_failure is null) _host.Metrics?.Poisoned();
            _failure ??= error;
            (round, _round) = (_round, null);
        }

        round?.TrySetException(LogRefusal.Failed(Partition, error));
    }

    /// <summary>Moves the log start up, durably. Segments wholly below it go with the next cleaning.</summary>
    public long DeleteRecords(long beforeOffset)
    {
        if (beforeOffset > HighWatermark.Value || beforeOffset < 0)
            throw LogRefusal.BeyondHighWatermark(Partition, beforeOffset, HighWatermark.Value);
        try
        {
            _memory.RaiseLogStart(beforeOffset);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            throw e.IsDiskFull() ? LogRefusal.NoRoomToNote(Partition, e) : LogRefusal.Failed(Partition, e);
        }

        HighWatermark.WakeAll();
        return LogStartOffset;
    }

    /// <summary>The segments that take no more, for compaction; none where the log is closed or poisoned.</summary>
    public LogSegment[] CloseOldSegments()
    {
        lock (_gate) return _closed || _failure is not null ? [] : _writer.CloseOld(Config, _host.NowMilliseconds);
    }

    /// <summary>Puts a cleaned segment in the place of its sources: readers find it from now on. False where the log is closed.</summary>
    public bool TryReplace(IReadOnlyList<LogSegment> replaced, LogSegment cleaned)
    {
        // A flush under way may still save the indexes of the old segments; after it nobody does.
        lock (_flushing)
        {
            lock (_gate)
            {
                if (_closed || _failure is not null) return false;
                _writer.Replace(replaced, cleaned);
                return true;
            }
        }
    }

    /// <summary>Drops whole closed segments that have had their time; returns how many.</summary>
    public int Clean() => Cleaner.Exclusively(CleanOld);

    private int CleanOld()
    {
        LogSegment[] expired = [];
        Producers.Expire(_host.Producers.Clock.Read(_host.Time));
        lock (_gate)
        {
            if (!_closed && _failure is null) expired = _writer.FindExpired(Config, LogStartOffset, HighWatermark.Value);
        }

        // What the segments tell of producers is elsewhere on the disk before they go; a disk that is full makes room first.
        if (expired.Length == 0 || !TrySaveProducers(expired[^1].NextOffset)) return 0;
        // The start is durable before the first file goes, so that a crash in between leaves no offset to be given out twice.
        _memory.RaiseLogStart(expired[^1].NextOffset);
        lock (_gate) _writer.RemoveFirst(expired.Length);
        foreach (var segment in expired) segment.Delete();
        TrySaveProducers(expired[^1].NextOffset);
        HighWatermark.WakeAll();
        return expired.Length;
    }

    /// <summary>Takes nothing more and wakes who waits; the topic is gone.</summary>
    public void CloseDeleted()
    {
        TaskCompletionSource? round;
        lock (_gate)
        {
            (_deleted, _closed) = (true, true);
            (round, _round) = (_round, null);
        }

        round?.TrySetException(LogRefusal.Deleted(Partition));
        HighWatermark.WakeAll();
        lock (_flushing) Segments.CloseFiles();
        Producers.Clear();
    }

    /// <summary>Returns when every append that had begun has ended: who came before a change of the producers' epochs is through.</summary>
    public void Pass()
    {
        lock (_gate)
        {
            // Nothing to do inside.
        }
    }

    /// <summary>
    /// Syncs every record and saves what makes the next start quick. False where the disk failed. Without <paramref name="sync"/> what
    /// is saved beside the records is on the disk only when the caller has synced the file system.
    /// </summary>
    public bool CloseCleanly(bool sync = true)
    {
        _closing = true;
        Flush();
        lock (_flushing)
        {
            lock (_gate)
            {
                _closed = true;
                Producers.TakeSnapshot(RecordEnd);
            }

            try
            {
                if (_failure is null) _books.Close(Segments, _nextOffset, sync);
            }
            catch (Exception e) when (e.IsDiskTrouble())
            {
                Fail(e);
            }

            Segments.CloseFiles();
            return _failure is null;
        }
    }

    private void Write(RecordBatch batch, long now)
    {
        try
        {
            _memory.Reserve(batch.NextOffset);
            _writer.Append(batch, Config, now);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            if (e.IsDiskFull() && _writer.TryRewind()) throw LogRefusal.NoRoom(Partition, batch.Size, e);
            if (e.IsOutOfFiles()) throw LogRefusal.OutOfFiles(Partition, e);
            Fail(e);
            throw LogRefusal.Failed(Partition, e);
        }
    }

    private (ProduceResult Result, Task Committed) AnswerAgain(ProducerBatch first)
    {
        var appendTime = Config.TimestampType == TimestampType.LogAppendTime ? first.Timestamp : (long?)null;
        var committed = IsAsync || HighWatermark.Value >= first.NextOffset ? Task.CompletedTask : JoinRound(wait: true);
        return (new ProduceResult(first.BaseOffset, appendTime, LogStartOffset, first.Timestamp), committed);
    }

    // False while records wait for a sync: a snapshot must not know more than the disk.
    private bool TrySaveProducers(long upTo)
    {
        if (Producers.SavedOffset >= upTo) return true;
        lock (_gate)
        {
            if (_writer.IsDirty) return false;
            Producers.TakeSnapshot(RecordEnd);
        }

        lock (_flushing) Producers.TrySaveSnapshot();
        return true;
    }

    private long? StampTime(RecordBatch batch)
    {
        if (Config.TimestampType != TimestampType.LogAppendTime) return null;
        _lastAppendTimestamp = Math.Max(_lastAppendTimestamp, _host.NowMilliseconds);
        batch.StampAppendTime(_lastAppendTimestamp);
        return _lastAppendTimestamp;
    }

    private Task JoinRound(bool wait)
    {
        if (!_queued) Enqueue();
        if (!wait) return Task.CompletedTask;
        _round ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _round.Task;
    }

    private void Enqueue()
    {
        _queued = true;
        _host.Flusher.Enqueue(this);
    }

    private void ThrowUnlessWritable()
    {
        if (_deleted) throw LogRefusal.Deleted(Partition);
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_failure is { } failure) throw LogRefusal.Poisoned(Partition, failure);
    }
}
