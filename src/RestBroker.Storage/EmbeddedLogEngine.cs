using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Topics;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Offsets;

namespace RestBroker.Storage;

/// <summary>The embedded engine: the waist over logs in a data directory. Thread-safe.</summary>
public sealed class EmbeddedLogEngine : ILogEngine
{
    /// <summary>The meter of what the engine counts.</summary>
    public const string MeterName = "RestBroker.Storage";

    private readonly EngineParts _parts;
    private readonly TimeProvider _time;
    private readonly HashSet<FetchWaiter> _waiting = [];
    private readonly ConcurrentQueue<CommitWait> _commitWaits = [];
    private readonly Lock _closing = new();
    private Task? _closed;
    private int _disposed;

    private EmbeddedLogEngine(EngineParts parts, TimeProvider time) => (_parts, _time) = (parts, time);

    /// <inheritdoc/>
    public EngineFeatures Features =>
        EngineFeatures.ConditionalAppend | EngineFeatures.ProducerState | EngineFeatures.Durability | EngineFeatures.Compaction | EngineFeatures.KeyIndex
        | EngineFeatures.ClientBatches;

    /// <inheritdoc/>
    public bool IsHealthy => _parts.IsHealthy;

    private TopicCatalog Catalog => _parts.Catalog;

    private GroupOffsets Offsets => _parts.Offsets;

    /// <summary>Opens a data directory, making or recovering it as need be; no other process can open it until disposal.</summary>
    /// <exception cref="DataDirectoryException">It is in use, or of another format; nothing was changed.</exception>
    public static Task<EmbeddedLogEngine> OpenAsync(
        LogConfig config, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        OpenAsync(config, time, loggers, new PhysicalFileStore(), cancellationToken);

    internal static async Task<EmbeddedLogEngine> OpenAsync(
        LogConfig config, TimeProvider time, ILoggerFactory loggers, IFileStore files, CancellationToken cancellationToken) =>
        new(await EngineParts.OpenAsync(config, time, loggers, files, cancellationToken), time);

    /// <inheritdoc/>
    public async ValueTask<TopicDescription> CreateTopicAsync(TopicSpec spec, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return (await Catalog.CreateAsync(spec, cancellationToken)).Description;
    }

    /// <inheritdoc/>
    public async ValueTask<TopicDescription> AlterTopicAsync(TopicAlteration alteration, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return (await Catalog.AlterAsync(alteration, cancellationToken)).Description;
    }

    /// <inheritdoc/>
    public async ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        var deleted = await Catalog.DeleteAsync(topic, gone => Offsets.DeleteTopicAsync(gone.Name), cancellationToken);
        _parts.RemoveDirectory(deleted.TopicId);
    }

    /// <inheritdoc/>
    public ValueTask<TopicDescription?> DescribeTopicAsync(string topic, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return ValueTask.FromResult(Catalog.Find(topic)?.Description);
    }

    /// <inheritdoc/>
    public ValueTask<TopicPage> ListTopicsAsync(TopicQuery query, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        return _parts.ListTopicsAsync(query, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PartitionStatus>> DescribePartitionsAsync(string topic, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return ValueTask.FromResult<IReadOnlyList<PartitionStatus>>(
        [
            .. Catalog.Get(topic).Logs.Select(log => new PartitionStatus(
                log.Partition.Partition, log.LogStartOffset, log.HighWatermark.Value, log.NextOffset, log.Segments.Size, log.Cleaner.Status)),
        ]);
    }

    /// <inheritdoc/>
    public ValueTask<ProduceResult> ProduceAsync(ProduceRequest request, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        var log = Catalog.Get(request.Partition);
        if (request.ExpectedTopicId is { } id && Catalog.Get(request.Partition.Topic).TopicId != id)
            throw new BrokerException(BrokerError.TopicRecreated, $"'{request.Partition.Topic}' was deleted and created again.");
        BatchValidator.Validate(request, log.Config, _time.GetUtcNow().ToUnixTimeMilliseconds());
        if (ProducerIds.IsCounted(request.Batch.ProducerId)) _parts.Producers.Require(request.Batch.ProducerId, request.Batch.ProducerEpoch);
        var mark = ProducerIds.IsOfKey(request.Batch.ProducerId) ? IdempotencyMark.Of(request.Batch) : null;
        using var recompressed = Recompression.Run(request.Batch, log.Config);
        var batch = recompressed?.Build() ?? request.Batch;
        BatchValidator.CheckSize(batch);

        try
        {
            var check = request.KeyCondition is { } condition ? log.Keys.Prepare(batch, condition) : null;
            var (result, committed) = log.Append(batch, new AppendWish(request.ExpectedNextOffset, request.Acks == Acks.All, mark, check, request.IsLone));
            return CommitWait.ThenAsync(_commitWaits, committed, result, cancellationToken);
        }
        catch (BrokerException e) when (e.Error is BrokerError.PreconditionFailed or BrokerError.OutOfOrderSequence or BrokerError.DuplicateSequence)
        {
            return RefuseAsync(log, ExceptionDispatchInfo.Capture(e), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ProducerIdentity> InitProducerAsync(long? producerId, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return producerId is { } id ? _parts.Producers.RaiseEpochAsync(id, cancellationToken) : _parts.Producers.GiveOutAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<ProducerIdentity> DescribeProducerAsync(long producerId, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return ValueTask.FromResult(_parts.Producers.Describe(producerId));
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ProducerStatus>> FindProducerAsync(string topic, long producerId, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        List<ProducerStatus> found = [];
        foreach (var log in Catalog.Get(topic).Logs)
        {
            if (log.Producers.Find(producerId) is not { } status) continue;
            // Who is told what is stored goes on behind it, and must not have to come back.
            await log.Commits.WhenCommittedAsync().WaitAsync(cancellationToken);
            found.Add(status);
        }

        return found;
    }

    /// <inheritdoc/>
    public async ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        var session = new FetchSession(Catalog, request);
        var result = await session.ReadAsync(_parts.DiskReads, cancellationToken);
        if (session.IsEnough(result) || !request.MayWait) return result;

        using var waiter = new FetchWaiter(_time, request.MaxWait);
        var logs = session.Logs();
        BeginWait(waiter, logs);
        try
        {
            while (true)
            {
                var isLast = waiter.IsOver;
                result.Dispose();
                result = await session.ReadAsync(_parts.DiskReads, cancellationToken);
                if (isLast || session.IsEnough(result)) return result;
                await waiter.WaitAsync(cancellationToken);
            }
        }
        catch
        {
            result.Dispose();
            throw;
        }
        finally
        {
            EndWait(waiter, logs);
        }
    }

    /// <inheritdoc/>
    public ValueTask<LatestRecord?> FetchLatestAsync(TopicPartition partition, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return Catalog.Get(partition).Keys.FetchLatestAsync(key, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<ListedOffset>> ListOffsetsAsync(string topic, OffsetSpec at, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return ValueTask.FromResult<IReadOnlyList<ListedOffset>>([.. Catalog.Get(topic).Logs.Select(log => Resolve(log, at))]);
    }

    /// <inheritdoc/>
    public ValueTask<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return ValueTask.FromResult(Catalog.Get(partition).DeleteRecords(beforeOffset));
    }

    /// <inheritdoc/>
    public ValueTask CommitOffsetsAsync(string group, IReadOnlyList<CommittedOffset> offsets, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return Offsets.CommitAsync(group, offsets, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<CommittedOffset>> FetchCommittedOffsetsAsync(string group, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return ValueTask.FromResult(Offsets.Fetch(group));
    }

    /// <inheritdoc/>
    public ValueTask DeleteCommittedOffsetsAsync(string group, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return Offsets.DeleteAsync(group, cancellationToken);
    }

    /// <summary>Compacts what is due without waiting for the next round.</summary>
    internal int Compact()
    {
        ThrowIfDisposed();
        return _parts.Cleaner.Compact();
    }

    /// <summary>Takes nothing more, ends the waiting fetches, syncs everything and says so in the data directory.</summary>
    public ValueTask DisposeAsync()
    {
        // Whoever comes second waits for the first: when this returns the log is closed, not about to be.
        lock (_closing) return new ValueTask(_closed ??= CloseAsync());
    }

    private async Task CloseAsync()
    {
        Volatile.Write(ref _disposed, 1);
        lock (_waiting)
        {
            foreach (var waiter in _waiting) waiter.Expire();
        }

        await _parts.DisposeAsync();
    }

    // Who is told the log's end, or what is stored, must be able to read up to it.
    private static async ValueTask<ProduceResult> RefuseAsync(PartitionLog log, ExceptionDispatchInfo refusal, CancellationToken cancellationToken)
    {
        await log.Commits.WhenCommittedAsync().WaitAsync(cancellationToken);
        refusal.Throw();
        return default;
    }

    private static ListedOffset Resolve(PartitionLog log, OffsetSpec at)
    {
        var number = log.Partition.Partition;
        if (at.IsEarliest) return new ListedOffset(number, log.LogStartOffset, null);
        var highWatermark = log.HighWatermark.Value;
        if (at.IsLatest) return new ListedOffset(number, highWatermark, null);
        return log.FindTimestamp(at.Timestamp) is var (offset, timestamp)
            ? new ListedOffset(number, offset, timestamp)
            : new ListedOffset(number, highWatermark, null);
    }

    private void BeginWait(FetchWaiter waiter, List<PartitionLog> logs)
    {
        lock (_waiting) _waiting.Add(waiter);
        foreach (var log in logs) log.HighWatermark.Watch(waiter);
        if (Volatile.Read(ref _disposed) != 0) waiter.Expire();
    }

    private void EndWait(FetchWaiter waiter, List<PartitionLog> logs)
    {
        foreach (var log in logs) log.HighWatermark.Unwatch(waiter);
        lock (_waiting) _waiting.Remove(waiter);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
}
