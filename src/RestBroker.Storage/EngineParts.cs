using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Topics;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Metrics;
using RestBroker.Storage.Offsets;
using RestBroker.Storage.Producers;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage;

/// <summary>What the engine is made of, and the order in which it comes up and goes down.</summary>
internal sealed partial class EngineParts : IAsyncDisposable
{
    private EngineParts()
    {
    }

    public required TopicCatalog Catalog { get; init; }

    public required GroupOffsets Offsets { get; init; }

    public required ProducerRegistry Producers { get; init; }

    public bool IsHealthy => Metadata.IsHealthy && Catalog.Snapshot.Topics.Values.All(topic => topic.Logs.All(log => log.IsHealthy));

    public required IFileStore Files { get; init; }

    public required DataDirectory Directory { get; init; }

    public required DirectoryLock Held { get; init; }

    public required LogFlusher Flusher { get; init; }

    public required DiskReads DiskReads { get; init; }

    public required FileSystemSync Together { get; init; }

    public required LogMetrics LogMetrics { get; init; }

    public required PartitionLog Metadata { get; init; }

    public required CatalogProjection Projection { get; init; }

    public required CleanerLoop Cleaner { get; init; }

    public required CompactionMetrics Metrics { get; init; }

    public required ILogger Logger { get; init; }

    public static async Task<EngineParts> OpenAsync(
        LogConfig config, TimeProvider time, ILoggerFactory loggers, IFileStore files, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var directory = new DataDirectory(config.DataDirectory);
        var held = DirectoryLock.Take(files, directory);
        var flusher = new LogFlusher(config.FlusherThreads, loggers.CreateLogger<LogFlusher>());
        LogMetrics? logMetrics = null;
        try
        {
            var budget = DescriptorBudget.Share(files.DescriptorLimit ?? int.MaxValue, config.MaxOpenSegments);
            var segments = new OpenSegments(files, budget.OpenSegments);
            var reserve = new DiskReserve(files, directory.Root, config.DiskReserveBytes, time, loggers.CreateLogger<DiskReserve>());
            logMetrics = new LogMetrics(segments, reserve, config.MeterScope);
            var together = new FileSystemSync(files, held.Handle, directory.Root, loggers.CreateLogger<LogFlusher>()) { Metrics = logMetrics };
            foreach (var path in (ReadOnlySpan<string>)[directory.Metadata, directory.Topics]) together.Cover(path);
            flusher.SyncTogether(together);
            var host = new LogHost(
                segments, flusher, time, held.Meta.LeaderEpoch, held.BootId, config.CheckpointInterval, loggers.CreateLogger<PartitionLog>())
            {
                Admission = new Admission(segments, reserve),
                PreallocateBytes = config.PreallocateBytes,
                Metrics = logMetrics,
                Producers = new LiveProducers(new ProducerLimits(
                    config.MaxProducers, config.ProducerExpiration, config.MaxIdempotencyKeysPerTopic, config.IdempotencyKeyWindow)),
            };
            var loaded = new CatalogLoader(directory, host, held.Start, config, loggers.CreateLogger<CatalogLoader>());
            await loaded.LoadAsync(cancellationToken);
            var offsets = new GroupOffsets(loaded.Catalog, time);
            offsets.Open();
            var producers = new ProducerRegistry(loaded.Catalog, host.Producers, time);
            producers.Open();
            var database = new CatalogDatabase(files, directory.CatalogProjection);
            var metrics = new CompactionMetrics(config.MeterScope);
            var compaction = new CompactionRound(config, time, metrics, loggers.CreateLogger<CompactionRound>());
            var parts = new EngineParts
            {
                Files = files,
                Directory = directory,
                Held = held,
                Flusher = flusher,
                DiskReads = new DiskReads(config.DiskReadThreads),
                LogMetrics = logMetrics,
                Together = together,
                Metadata = loaded.Metadata,
                Catalog = loaded.Catalog,
                Offsets = offsets,
                Producers = producers,
                Projection = new CatalogProjection(loaded.Catalog, database, time, loggers.CreateLogger<CatalogProjection>()),
                Cleaner = new CleanerLoop(loaded.Catalog, loaded.Metadata, compaction, host.Rolled, config, time, loggers.CreateLogger<CleanerLoop>()),
                Metrics = metrics,
                Logger = loggers.CreateLogger<EmbeddedLogEngine>(),
            };
            Log.Descriptors(parts.Logger, budget.Limit, budget.OpenSegments, budget.Connections, DescriptorBudget.Reserve);
            Log.Opened(parts.Logger, directory.Root, parts.Catalog.Snapshot.Topics.Count, parts.Catalog.Snapshot.PartitionCount, held.Start, loaded.ScannedBytes, loaded.RecoveredCount, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return parts;
        }
        catch
        {
            flusher.Dispose();
            logMetrics?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>A page of topics: from the projection, or from memory while that is being made again.</summary>
    public async ValueTask<TopicPage> ListTopicsAsync(TopicQuery query, CancellationToken cancellationToken) =>
        await Projection.ListAsync(query, cancellationToken) ?? Catalog.Snapshot.List(query);

    /// <summary>Removes a deleted topic's files; what cannot be removed now goes at the next start.</summary>
    public void RemoveDirectory(Guid topicId)
    {
        var path = Directory.TopicDirectory(topicId);
        try
        {
            Files.DeleteDirectory(path);
            Files.SyncDirectory(Directory.Topics);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            Log.DirectoryKept(Logger, path, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Projection.DisposeAsync();
        await Cleaner.DisposeAsync();
        Flusher.Dispose();
        DiskReads.Dispose();
        var isClean = CloseLogs();
        Catalog.Dispose();
        Offsets.Dispose();
        LogMetrics.Dispose();
        Metrics.Dispose();
        Producers.Dispose();
        try
        {
            if (isClean) Held.MarkClean();
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            isClean = false;
        }

        if (isClean) Log.Closed(Logger, Directory.Root);
        else Log.ClosedInTrouble(Logger, Directory.Root);
        Held.Dispose();
    }

    // What ten thousand logs save for the next start is synced at once: one by one it would outlast the patience of whoever stops us.
    private bool CloseLogs()
    {
        List<PartitionLog> logs = [.. Catalog.Snapshot.Topics.Values.SelectMany(topic => topic.Logs), Metadata];
        var isTogether = Flusher.TryFlushRest([.. logs.Select(log => log.Commits)]);
        var failedCount = 0;
        Parallel.ForEach(logs, log =>
        {
            if (!log.CloseCleanly(sync: !isTogether)) Interlocked.Increment(ref failedCount);
        });
        return failedCount == 0 && (!isTogether || Together.Run() is null);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Directory}: {Topics} topics with {Partitions} partitions opened in {Milliseconds:F0} ms (end of the last run: {Start}; {ScannedBytes} bytes read back, {RecoveredLogs} logs recovered)")]
        public static partial void Opened(ILogger logger, string directory, int topics, int partitions, StartKind start, long scannedBytes, int recoveredLogs, double milliseconds);

        [LoggerMessage(5, LogLevel.Information, "{Limit} files may be open: {Segments} segments, {Connections} connections, {Reserve} kept free")]
        public static partial void Descriptors(ILogger logger, long limit, int segments, long connections, int reserve);

        [LoggerMessage(2, LogLevel.Information, "{Directory} closed, everything is on the disk")]
        public static partial void Closed(ILogger logger, string directory);

        [LoggerMessage(4, LogLevel.Warning, "{Directory} closed after trouble with the disk; the next start reads back what is there")]
        public static partial void ClosedInTrouble(ILogger logger, string directory);

        [LoggerMessage(3, LogLevel.Warning, "{Directory} of a deleted topic could not be removed; the next start tries again")]
        public static partial void DirectoryKept(ILogger logger, string directory, Exception error);
    }
}
