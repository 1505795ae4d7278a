using System.Diagnostics;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Topics;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Offsets;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage;

/// <summary>What the engine is made of, and the order in which it comes up and goes down.</summary>
internal sealed partial class EngineParts : IAsyncDisposable
{
    private readonly IFileStore _files;
    private readonly DataDirectory _directory;
    private readonly DirectoryLock _lock;
    private readonly LogFlusher _flusher;
    private readonly PartitionLog _metadata;
    private readonly CleanerLoop _cleaner;
    private readonly CatalogProjection _projection;
    private readonly ILogger _logger;

    private EngineParts(
        IFileStore files, DataDirectory directory, DirectoryLock held, LogFlusher flusher, CatalogLoader loaded, LogConfig config,
        TimeProvider time, ILoggerFactory loggers)
    {
        (_files, _directory, _lock, _flusher) = (files, directory, held, flusher);
        (_metadata, Catalog) = (loaded.Metadata, loaded.Catalog);
        _logger = loggers.CreateLogger<EmbeddedLogEngine>();
        Offsets = new GroupOffsets(Catalog, time);
        Offsets.Open();
        var database = new CatalogDatabase(files, directory.CatalogProjection);
        _projection = new CatalogProjection(Catalog, database, time, loggers.CreateLogger<CatalogProjection>());
        _cleaner = new CleanerLoop(Catalog, config, time, loggers.CreateLogger<CleanerLoop>());
    }

    public TopicCatalog Catalog { get; }

    public GroupOffsets Offsets { get; }

    public bool IsHealthy => _metadata.IsHealthy && Catalog.Snapshot.Topics.Values.All(topic => topic.Logs.All(log => log.IsHealthy));

    public static async Task<EngineParts> OpenAsync(
        LogConfig config, TimeProvider time, ILoggerFactory loggers, IFileStore files, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var directory = new DataDirectory(config.DataDirectory);
        var held = DirectoryLock.Take(files, directory);
        var flusher = new LogFlusher(config.FlusherThreads, loggers.CreateLogger<LogFlusher>());
        try
        {
            var segments = new OpenSegments(files, config.MaxOpenSegments);
            var host = new LogHost(segments, flusher, time, held.Meta.LeaderEpoch, held.BootId, config.CheckpointInterval);
            var loaded = new CatalogLoader(directory, host, held.Start, config, loggers.CreateLogger<CatalogLoader>());
            await loaded.LoadAsync(cancellationToken);
            var parts = new EngineParts(files, directory, held, flusher, loaded, config, time, loggers);
            Log.Opened(parts._logger, directory.Root, parts.Catalog.Snapshot.Topics.Count, parts.Catalog.Snapshot.PartitionCount, held.Start, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            return parts;
        }
        catch
        {
            flusher.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <summary>A page of topics: from the projection, or from memory while that is being made again.</summary>
    public async ValueTask<TopicPage> ListTopicsAsync(TopicQuery query, CancellationToken cancellationToken) =>
        await _projection.ListAsync(query, cancellationToken) ?? Catalog.Snapshot.List(query);

    /// <summary>Removes a deleted topic's files; what cannot be removed now goes at the next start.</summary>
    public void RemoveDirectory(Guid topicId)
    {
        var path = _directory.TopicDirectory(topicId);
        try
        {
            _files.DeleteDirectory(path);
            _files.SyncDirectory(_directory.Topics);
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            Log.DirectoryKept(_logger, path, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _projection.DisposeAsync();
        await _cleaner.DisposeAsync();
        _flusher.Dispose();
        var isClean = true;
        foreach (var log in Catalog.Snapshot.Topics.Values.SelectMany(topic => topic.Logs)) isClean &= log.CloseCleanly();
        isClean &= _metadata.CloseCleanly();
        Catalog.Dispose();
        Offsets.Dispose();
        try
        {
            if (isClean) _lock.MarkClean();
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            isClean = false;
        }

        Log.Closed(_logger, _directory.Root, isClean);
        _lock.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Directory}: {Topics} topics with {Partitions} partitions opened after a stop that was {Start}, in {Milliseconds:F0} ms")]
        public static partial void Opened(ILogger logger, string directory, int topics, int partitions, StartKind start, double milliseconds);

        [LoggerMessage(2, LogLevel.Information, "{Directory} closed; everything is on the disk: {IsClean}")]
        public static partial void Closed(ILogger logger, string directory, bool isClean);

        [LoggerMessage(3, LogLevel.Warning, "{Directory} of a deleted topic could not be removed; the next start tries again")]
        public static partial void DirectoryKept(ILogger logger, string directory, Exception error);
    }
}
