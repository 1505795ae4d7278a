using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage.Catalog;

/// <summary>
/// Brings the catalog up: reads <c>__metadata</c>, opens the logs of every topic it tells of, goes on with deletions that were cut
/// short, and moves directories that nobody knows to the quarantine. What damage has taken out of <c>__metadata</c> comes back from the
/// projection, which holds the same a second time.
/// </summary>
internal sealed partial class CatalogLoader(
    DataDirectory directory, LogHost host, StartKind start, LogConfig config, ILogger<CatalogLoader> logger)
{
    public const string MetadataTopic = "__metadata";

    // Small segments, so that compaction keeps the log as short as the list of topics.
    private static readonly TopicConfig MetadataConfig = TopicConfig.Parse(new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "1048576",
    });

    private readonly Dictionary<Guid, StoredTopic> _stored = [];
    private readonly HashSet<Guid> _deleted = [];
    private readonly LogLoader _loader = new(host, start, directory.Quarantine);

    private long _scannedBytes;
    private int _recoveredCount;

    /// <summary>Bytes that the start had to read.</summary>
    public long ScannedBytes => _scannedBytes;

    /// <summary>Logs that had damage.</summary>
    public int RecoveredCount => _recoveredCount;

    public PartitionLog Metadata { get; private set; } = null!;

    public TopicCatalog Catalog { get; private set; } = null!;

    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var metadata = Recover(new TopicPartition(MetadataTopic, 0), directory.Metadata, MetadataConfig);
        await StartSync.RunAsync([metadata], null, cancellationToken);
        Metadata = metadata.Log;
        var journal = new Journal(Metadata);
        var isWhole = journal.Replay(record =>
        {
            if (StoredTopic.Apply(record, _stored) is { } deleted) _deleted.Add(deleted);
        });
        Catalog = new TopicCatalog(journal, directory, host, _loader, config);
        if (!isWhole)
        {
            Log.MetadataDamaged(logger, directory.Metadata);
            foreach (var topic in TakeBackLost())
            {
                await Catalog.StoreAsync(topic.TopicId, topic.ToValue());
                Log.TopicTakenBack(logger, topic.Name, topic.Version);
            }
        }

        var topics = await LoadTopicsAsync(cancellationToken);
        var unknown = SortOutDirectories(isWhole);
        Catalog.Open(new CatalogSnapshot(topics, Metadata.HighWatermark.Value), unknown);
    }

    // A deletion that is in the hole too has removed the directory; where it could not, the topic is back and can be deleted again.
    private List<StoredTopic> TakeBackLost()
    {
        var known = new CatalogDatabase(host.Files, directory.CatalogProjection).ReadAll();
        var there = host.Files.Directories(directory.Topics).ToHashSet();
        var lost = known.Where(topic =>
            !_deleted.Contains(topic.TopicId)
            && there.Contains(directory.TopicDirectory(topic.TopicId))
            && (_stored.GetValueOrDefault(topic.TopicId)?.Version ?? 0) < topic.Version
            && !_stored.Values.Any(other => other.Name == topic.Name && other.TopicId != topic.TopicId)).ToList();
        foreach (var topic in lost) _stored[topic.TopicId] = topic;
        return lost;
    }

    private async Task<Dictionary<string, Topic>> LoadTopicsAsync(CancellationToken cancellationToken)
    {
        var logs = new ConcurrentDictionary<TopicPartition, RecoveredLog>();
        var wanted =
            from stored in _stored.Values
            let topicConfig = TopicConfig.Parse(stored.Configs)
            from partition in Enumerable.Range(0, stored.PartitionCount)
            select (new TopicPartition(stored.Name, partition), stored.TopicId, topicConfig);
        await Parallel.ForEachAsync(wanted, cancellationToken, (item, _) =>
        {
            var (partition, topicId, topicConfig) = item;
            var path = DataDirectory.PartitionDirectory(directory.TopicDirectory(topicId), partition.Partition);
            host.Files.CreateDirectory(path);
            host.Flusher.Cover(path);
            logs[partition] = Recover(partition, path, topicConfig);
            return ValueTask.CompletedTask;
        });
        await StartSync.RunAsync(logs.Values, host.Flusher.Together, cancellationToken);
        return _stored.Values.ToDictionary(stored => stored.Name, stored => new Topic(
            stored.Describe(), [.. Enumerable.Range(0, stored.PartitionCount).Select(number => logs[new TopicPartition(stored.Name, number)].Log)]));
    }

    private RecoveredLog Recover(TopicPartition partition, string path, TopicConfig topicConfig)
    {
        var report = new RecoveryReport();
        var recovered = _loader.Recover(partition, path, topicConfig, report);
        Interlocked.Add(ref _scannedBytes, report.ScannedBytes);
        if (!report.NeededWork) return recovered;
        host.Metrics?.Recovered(report);
        Interlocked.Increment(ref _recoveredCount);
        Log.Recovered(logger, partition, report.ScannedBytes, report.QuarantinedBytes, string.Join(", ", report.Damaged), recovered.Log.NextOffset);
        return recovered;
    }

    // Returns how many belong to topics that nobody knows the name of.
    private int SortOutDirectories(bool isWhole)
    {
        var unknown = 0;
        foreach (var path in host.Files.Directories(directory.Topics))
        {
            var isId = Guid.TryParseExact(Path.GetFileName(path), "D", out var id);
            if (isId && _stored.ContainsKey(id)) continue;
            if (isId && _deleted.Contains(id))
            {
                host.Files.DeleteDirectory(path);
            }
            else if (isWhole)
            {
                var kept = Path.Combine(directory.Quarantine, $"{Path.GetFileName(path)}.{host.NowMilliseconds}");
                host.Files.CreateDirectory(directory.Quarantine);
                host.Files.Rename(path, kept);
                Log.DirectoryQuarantined(logger, path, kept);
            }
            else
            {
                Log.DirectoryUnknown(logger, path);
                unknown++;
            }
        }

        return unknown;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Directory} is damaged: topics may be missing from it. Their directories stay where they are")]
        public static partial void MetadataDamaged(ILogger logger, string directory);

        [LoggerMessage(2, LogLevel.Warning, "{Partition} was recovered: {ScannedBytes} bytes read, {QuarantinedBytes} cut off and kept in the quarantine, damaged offsets [{Damaged}]; goes on at {NextOffset}")]
        public static partial void Recovered(ILogger logger, TopicPartition partition, long scannedBytes, long quarantinedBytes, string damaged, long nextOffset);

        [LoggerMessage(3, LogLevel.Warning, "{Directory} belongs to no topic; it was moved to {Quarantine}")]
        public static partial void DirectoryQuarantined(ILogger logger, string directory, string quarantine);

        [LoggerMessage(4, LogLevel.Warning, "{Directory} belongs to no topic that is known; it stays, since the catalog is damaged, and no topic is created until it is moved away")]
        public static partial void DirectoryUnknown(ILogger logger, string directory);

        [LoggerMessage(5, LogLevel.Warning, "The topic {Topic} at version {Version} was taken back from the projection of the catalog")]
        public static partial void TopicTakenBack(ILogger logger, string topic, long version);
    }
}
