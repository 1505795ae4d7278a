using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Storage.Catalog;

/// <summary>
/// Which topics there are. The truth is the <c>__metadata</c> log: a topic exists when its directories are on the disk, its record there
/// is durable and the snapshot in memory is swapped; it is gone when its tombstone is durable. Changes come one at a time; the
/// snapshot is read by anybody.
/// </summary>
internal sealed class TopicCatalog(Journal journal, DataDirectory directory, LogHost host, LogLoader loader, LogConfig limits) : IDisposable
{
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly TopicRules _rules = new(limits);
    private volatile CatalogSnapshot _snapshot = new(new Dictionary<string, Topic>(), 0);
    private int _lostCount;

    public CatalogSnapshot Snapshot => _snapshot;

    /// <summary>Called after each change of the snapshot; must neither block nor fail.</summary>
    public Action? Changed { get; set; }

    /// <summary>For the start, before anybody else.</summary>
    /// <param name="snapshot">The topics.</param>
    /// <param name="lostCount">How many more there are, of which damage has left only the directories.</param>
    public void Open(CatalogSnapshot snapshot, int lostCount) => (_snapshot, _lostCount) = (snapshot, lostCount);

    public Topic? Find(string name) => _snapshot.Find(name);

    public Topic Get(string name) =>
        Find(name) ?? throw new BrokerException(BrokerError.UnknownTopicOrPartition, $"There is no topic '{name}'.");

    public PartitionLog Get(TopicPartition partition)
    {
        var logs = Get(partition.Topic).Logs;
        if ((uint)partition.Partition < (uint)logs.Count) return logs[partition.Partition];
        throw new BrokerException(BrokerError.UnknownTopicOrPartition, $"'{partition.Topic}' has the partitions 0 to {logs.Count - 1}, not {partition.Partition}.");
    }

    public async ValueTask<Topic> CreateAsync(TopicSpec spec, CancellationToken cancellationToken)
    {
        var config = TopicConfig.Parse(spec.Configs);
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var partitionCount = _rules.Check(spec, config, _snapshot);
            if (_lostCount > 0) throw MayBeLost(spec.Name);
            host.Admission?.CheckNew(spec.Name);
            var stored = new StoredTopic(spec.Name, Guid.NewGuid(), partitionCount, 1, config.Given);
            var logs = MakeLogs(stored, 0);
            var version = await StoreAsync(stored.TopicId, stored.ToValue());
            var topic = new Topic(stored.Describe(), logs);
            Publish(_snapshot.With(topic, version));
            return topic;
        }
        finally
        {
            _changing.Release();
        }
    }

    public async ValueTask<Topic> AlterAsync(TopicAlteration alteration, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var topic = Get(alteration.Topic);
            var old = topic.Description;
            if (alteration.ExpectedTopicId is { } id && id != topic.TopicId)
                throw new BrokerException(BrokerError.TopicRecreated, $"'{topic.Name}' was deleted and created again.");
            if (alteration.ExpectedVersion is { } expected && expected != old.Version)
                throw VersionIsNot(expected, old);

            var config = old.Config.With(alteration.Configs);
            _rules.Check(alteration, topic, config, _snapshot);
            var partitionCount = alteration.PartitionCount ?? old.PartitionCount;
            if (partitionCount == old.PartitionCount && config.Given.SequenceEqual(old.Config.Given)) return topic;

            var stored = new StoredTopic(topic.Name, topic.TopicId, partitionCount, old.Version + 1, config.Given);
            List<PartitionLog> logs = [.. topic.Logs, .. MakeLogs(stored, old.PartitionCount)];
            var version = await StoreAsync(stored.TopicId, stored.ToValue());
            var changed = new Topic(stored.Describe(), logs);
            foreach (var log in logs) log.Config = changed.Description.Config;
            Publish(_snapshot.With(changed, version));
            return changed;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Deletes a topic. What depends on it is forgotten before another can bear its name.</summary>
    public async ValueTask<Topic> DeleteAsync(string name, Func<Topic, ValueTask> forget, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            var topic = Get(name);
            var version = await StoreAsync(topic.TopicId, null);
            Publish(_snapshot.Without(name, version));
            foreach (var log in topic.Logs) log.CloseDeleted();
            await forget(topic);
            return topic;
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Stores a topic, or that it is gone (null), durably. Returns the version of the catalog.</summary>
    public async Task<long> StoreAsync(Guid topicId, byte[]? value)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(host.NowMilliseconds, StoredTopic.KeyOf(topicId), value is null ? null : (ReadOnlyMemory<byte>?)value);
        var (offset, durable) = journal.Append(builder.Build());
        await durable;
        return offset + 1;
    }

    public void Dispose() => _changing.Dispose();

    private void Publish(CatalogSnapshot snapshot)
    {
        _snapshot = snapshot;
        Changed?.Invoke();
    }

    // The directories come first: a crash in between leaves empty ones, which the next start removes.
    private PartitionLog[] MakeLogs(StoredTopic stored, int from)
    {
        if (from == stored.PartitionCount) return [];
        var topicDirectory = directory.TopicDirectory(stored.TopicId);
        var config = TopicConfig.Parse(stored.Configs);
        try
        {
            var logs = new PartitionLog[stored.PartitionCount - from];
            for (var i = 0; i < logs.Length; i++)
            {
                var path = DataDirectory.PartitionDirectory(topicDirectory, from + i);
                host.Files.CreateDirectory(path);
                logs[i] = loader.LoadNew(new TopicPartition(stored.Name, from + i), path, config);
            }

            host.Files.SyncDirectory(topicDirectory);
            host.Files.SyncDirectory(directory.Topics);
            return logs;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            var error = e.IsDiskFull() ? BrokerError.DiskFull : BrokerError.StorageFailed;
            throw new BrokerException(error, $"The directories of '{stored.Name}' could not be made: {e.Message}", e) { SideEffects = SideEffects.None };
        }
    }

    // An empty topic in the place of one that is lost would answer for it, and its records would be out of reach for good.
    private BrokerException MayBeLost(string name) => new(
        BrokerError.StorageFailed,
        $"The list of topics is damaged and lacks the names of {_lostCount} directories under {directory.Topics}. '{name}' may be one of them: it is not created until they are moved away and the broker is started again.")
    {
        SideEffects = SideEffects.None,
    };

    private static BrokerException VersionIsNot(long expected, TopicDescription topic) =>
        new(BrokerError.PreconditionFailed, $"'{topic.Name}' is at version {topic.Version} of its settings, not at {expected}.")
        {
            Members = new Dictionary<string, object> { ["version"] = topic.Version },
        };
}
