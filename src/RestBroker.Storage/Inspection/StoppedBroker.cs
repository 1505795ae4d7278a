using Microsoft.Win32.SafeHandles;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Files;

namespace RestBroker.Storage.Inspection;

/// <summary>
/// A data directory that no broker uses, held so that none begins to. Nothing in it is changed. Not thread-safe.
/// </summary>
public sealed class StoppedBroker : IDisposable
{
    private static readonly TopicPartition Metadata = new(CatalogLoader.MetadataTopic, 0);

    private readonly IFileStore _files;
    private readonly DataDirectory _directory;
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<TopicPartition, string> _paths = [];
    private readonly List<string> _notes = [];

    private StoppedBroker(IFileStore files, DataDirectory directory, SafeFileHandle handle)
    {
        (_files, _directory, _handle) = (files, directory, handle);
        FindPartitions();
    }

    /// <summary>Every partition, that of the catalog first, by name and number.</summary>
    public IReadOnlyList<TopicPartition> Partitions { get; private set; } = [];

    /// <summary>What is odd about the directory as a whole and no fault of a partition.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Whether the last broker ended in order. If not, the next start recovers what is there.</summary>
    public bool WasClosedInOrder => _files.Exists(_directory.CleanShutdown);

    /// <summary>Takes a directory.</summary>
    /// <exception cref="DataDirectoryException">It is none, of another format, or in use.</exception>
    public static StoppedBroker Open(string path)
    {
        var files = new PhysicalFileStore();
        var directory = new DataDirectory(path);
        Require(files, directory);
        var handle = DirectoryLock.OpenLock(files, directory);
        try
        {
            return new StoppedBroker(files, directory, handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads all of a partition.</summary>
    public PartitionReport Verify(TopicPartition partition)
    {
        var path = _paths[partition];
        if (!Directory.Exists(path)) return new PartitionReport(partition, 0, 0, 0, 0, [$"{path} is missing"]);
        return new LogCheck(_files, new StoppedLog(_files, path), partition).Run();
    }

    /// <summary>The batches of a partition, from the segment that holds an offset on.</summary>
    public IEnumerable<StoredBatch> Read(TopicPartition partition, long fromOffset) =>
        new StoppedLog(_files, _paths[partition]).Read(fromOffset);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <exception cref="DataDirectoryException">There is no data directory, or one of another format.</exception>
    internal static void Require(IFileStore files, DataDirectory directory)
    {
        if (BrokerMeta.Read(files, directory.Meta) is null)
            throw new DataDirectoryException($"{directory.Root} is not a data directory: it has no {Path.GetFileName(directory.Meta)}.");
    }

    private void FindPartitions()
    {
        _paths[Metadata] = _directory.Metadata;
        var topics = ReadTopics();
        foreach (var topic in topics.Values)
        {
            for (var partition = 0; partition < topic.PartitionCount; partition++)
                _paths[new(topic.Name, partition)] = DataDirectory.PartitionDirectory(_directory.TopicDirectory(topic.TopicId), partition);
        }

        foreach (var path in _files.Directories(_directory.Topics))
        {
            if (!Guid.TryParseExact(Path.GetFileName(path), "D", out var id) || !topics.ContainsKey(id))
                _notes.Add($"{path} belongs to no topic; a start removes it if the topic was deleted, and moves it to the quarantine if not");
        }

        Partitions = [Metadata, .. _paths.Keys.Where(found => found != Metadata).OrderBy(found => found.Topic, StringComparer.Ordinal).ThenBy(found => found.Partition)];
    }

    private Dictionary<Guid, StoredTopic> ReadTopics()
    {
        var topics = new Dictionary<Guid, StoredTopic>();
        var log = new StoppedLog(_files, _directory.Metadata);
        foreach (var step in log.Read(0))
        {
            if (step.Batch is not { } batch || batch.NextOffset <= log.Checkpoint?.LogStartOffset) continue;
            try
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record)) StoredTopic.Apply(record, topics);
            }
            catch (BrokerException)
            {
                // A fault of the catalog's own partition, and told there.
            }
        }

        return topics;
    }
}
