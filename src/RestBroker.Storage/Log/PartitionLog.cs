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
/// immutable snapshot and none. What is written becomes committed when a flush has synced it (or at once, where the topic's durability
/// is <c>async</c>); see <see cref="LogCommits"/>. A failed write or sync poisons the log: it acknowledges nothing more, and reads go on.
/// Thread-safe.
/// </summary>
internal sealed class PartitionLog
{
    private readonly LogHost _host;
    private readonly LogState _state;
    private readonly LogMemory _memory;
    private readonly DamageWatch _damage;
    private long _lastAppendTimestamp;

    public PartitionLog(TopicPartition partition, string directory, TopicConfig config, LogHost host, LoadedLog loaded)
    {
        (_host, _memory, Producers, HighWatermark) = (host, loaded.Memory, loaded.Producers, new HighWatermark(loaded.HighWatermark));
        _state = new LogState(partition, config, new SegmentWriter(directory, host, loaded.Segments, loaded.Active), loaded.NextOffset);
        Commits = new LogCommits(_state, _memory, Producers, HighWatermark, host);
        _damage = new DamageWatch(_state, host);
        Upkeep = new LogUpkeep(_state, Commits, _memory, Producers, HighWatermark, host);
        _lastAppendTimestamp = loaded.Segments.Last?.MaxTimestamp ?? -1;
        Cleaner = new LogCleaner(this, directory, host);
        Keys = new LogKeys(this);
    }

    public TopicPartition Partition => _state.Partition;

    public TopicConfig Config
    {
        get => _state.Config;
        set => _state.Config = value;
    }

    public HighWatermark HighWatermark { get; }

    /// <summary>Compacts this log.</summary>
    public LogCleaner Cleaner { get; }

    /// <summary>Syncs and commits what was appended.</summary>
    public LogCommits Commits { get; }

    /// <summary>Drops and replaces its segments.</summary>
    public LogUpkeep Upkeep { get; }

    /// <summary>Looks up the latest record of a key.</summary>
    public LogKeys Keys { get; }

    /// <summary>Whose batches it holds; each is stored once.</summary>
    public PartitionProducers Producers { get; }

    public long LogStartOffset => _memory.LogStartOffset;

    /// <summary>The log end: the offset that the next record gets.</summary>
    public long NextOffset => _state.NextOffset;

    /// <summary>Whether it takes nothing more: the topic is gone or the broker ends.</summary>
    public bool IsClosed => _state.IsClosed;

    public bool IsHealthy => _state.IsHealthy;

    public SegmentList Segments => _state.Writer.Segments;

    /// <summary>Which batches compaction keeps whole, whatever their keys: the last one of each live producer.</summary>
    public bool MustKeep(RecordBatch batch) => Producers.IsLastBatchOfProducer(batch);

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
        Task? committed;
        var isAsync = _state.IsAsync;
        lock (_state.Gate)
        {
            _state.ThrowUnlessWritable();
            if (Producers.FindFirst(batch, wish.Mark) is { } first) return AnswerAgain(first);
            if (wish.ExpectedNextOffset is { } expected && expected != NextOffset) throw LogRefusal.NextOffsetIsNot(Partition, expected, NextOffset);
            wish.Check?.Invoke();
            _host.Admission?.Check(Partition, _state.Writer.NeededFor(batch), _state.Writer.Active);
            var (now, appendTime) = (_host.NowMilliseconds, StampTime(batch));
            batch.StampPlace(NextOffset, _host.LeaderEpoch);
            Write(batch, now);
            Producers.Add(batch, wish.Mark, now);
            _state.NextOffset = batch.NextOffset;
            _memory.LastAppendTime = now;
            _host.Metrics?.Appended(batch.RecordCount, batch.Size);
            result = new ProduceResult(batch.BaseOffset, appendTime, LogStartOffset);
            committed = isAsync ? Task.CompletedTask : Commits.Join(wish);
        }

        if (isAsync) HighWatermark.Raise(result.BaseOffset + batch.RecordCount);
        return (result, committed ?? Commits.FlushHere(batch.NextOffset));
    }

    /// <summary>Reads committed batches; see <see cref="LogReader.Read"/>. A failure is a value.</summary>
    public (BrokerError Error, LogSlice Slice) Read(long offset, int maxBytes) => Read(new ReadWish(offset, HighWatermark.Value, maxBytes));

    /// <summary>The same below a watermark that was looked at before.</summary>
    public (BrokerError Error, LogSlice Slice) Read(ReadWish wish)
    {
        var offset = wish.Offset;
        while (true)
        {
            if (_state.IsDeleted) return (BrokerError.UnknownTopicOrPartition, default);
            if (IsClosed) return default;
            if (offset < LogStartOffset) return (BrokerError.OffsetTrimmed, default);
            if (offset > NextOffset || offset < 0) return (BrokerError.OffsetOutOfRange, default);
            try
            {
                // Whatever is committed below the watermark is in segments that are there by now.
                var slice = LogReader.Read(Segments, wish);
                if (slice.IsStale) continue; // deleted while we looked: the log start has moved too
                if (slice.Corrupt is not { } damaged) return (BrokerError.None, slice);
                _damage.Met(damaged);
                return (BrokerError.RecordCorrupt, slice);
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
                var limit = HighWatermark.Value; // before the segments, as above
                var found = LogReader.FindTimestamp(Segments, LogStartOffset, limit, timestamp, out var isStale);
                if (!isStale || IsClosed) return found;
            }
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            throw LogRefusal.Unreadable(Partition, e);
        }
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

    /// <summary>Drops whole closed segments that have had their time; returns how many.</summary>
    public int Clean() => Cleaner.Exclusively(Upkeep.DropExpired);

    /// <summary>Takes nothing more and wakes who waits; the topic is gone.</summary>
    public void CloseDeleted()
    {
        lock (_state.Gate) _state.Delete();
        Commits.Refuse(LogRefusal.Deleted(Partition));
        HighWatermark.WakeAll();
        Commits.BetweenFlushes(Segments.CloseFiles);
        Producers.Clear();
    }

    /// <summary>
    /// Syncs every record and saves what makes the next start quick. False where the disk failed. Without <paramref name="sync"/> what
    /// is saved beside the records is on the disk only when the caller has synced the file system.
    /// </summary>
    public bool CloseCleanly(bool sync = true) => Commits.End(sync);

    /// <summary>Returns when every append that had begun has ended: who came before a change of the producers' epochs is through.</summary>
    public void Pass()
    {
        lock (_state.Gate)
        {
            // Nothing to do inside.
        }
    }

    private void Write(RecordBatch batch, long now)
    {
        try
        {
            _memory.Reserve(batch.NextOffset);
            if (_state.Writer.Append(batch, Config, now)) _host.Rolled.Note(this);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            if (e.IsDiskFull()) _host.Rolled.Note(this); // what has had its time makes room
            if (e.IsDiskFull() && _state.Writer.TryRewind()) throw LogRefusal.NoRoom(Partition, batch.Size, e);
            if (e.IsOutOfFiles()) throw LogRefusal.OutOfFiles(Partition, e);
            Commits.Fail(e);
            throw LogRefusal.Failed(Partition, e);
        }
    }

    private (ProduceResult Result, Task Committed) AnswerAgain(ProducerBatch first)
    {
        var appendTime = Config.TimestampType == TimestampType.LogAppendTime ? first.Timestamp : (long?)null;
        var committed = _state.IsAsync || HighWatermark.Value >= first.NextOffset ? Task.CompletedTask : Commits.Join();
        return (new ProduceResult(first.BaseOffset, appendTime, LogStartOffset, first.Timestamp), committed);
    }

    private long? StampTime(RecordBatch batch)
    {
        if (Config.TimestampType != TimestampType.LogAppendTime) return null;
        _lastAppendTimestamp = Math.Max(_lastAppendTimestamp, _host.NowMilliseconds);
        batch.StampAppendTime(_lastAppendTimestamp);
        return _lastAppendTimestamp;
    }
}
