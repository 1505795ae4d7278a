using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Groups;

/// <summary>
/// An engine without a disk, whose writes can be held back or made to fail, so that a test decides in which order things land.
/// </summary>
internal sealed class MemoryLogEngine : ILogEngine
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, TopicDescription> _topics = [];
    private readonly Dictionary<TopicPartition, (long Start, List<byte[]> Batches)> _logs = [];
    private readonly Dictionary<(string Group, TopicPartition Partition), CommittedOffset> _committed = [];

    public EngineFeatures Features => EngineFeatures.None;

    public bool IsHealthy => true;

    /// <summary>What a commit waits for before it is stored.</summary>
    public Func<Task> BeforeCommit { get; set; } = () => Task.CompletedTask;

    /// <summary>What a produce waits for before it is stored.</summary>
    public Func<Task> BeforeProduce { get; set; } = () => Task.CompletedTask;

    public int CommitCount { get; private set; }

    public ValueTask<TopicDescription> CreateTopicAsync(TopicSpec spec, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_topics.ContainsKey(spec.Name)) throw new BrokerException(BrokerError.TopicAlreadyExists, spec.Name);
            return new(_topics[spec.Name] = Describe(spec.Name, Guid.NewGuid(), spec.PartitionCount ?? 1, TopicConfig.Parse(spec.Configs)));
        }
    }

    public ValueTask<TopicDescription> AlterTopicAsync(TopicAlteration alteration, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var topic = _topics[alteration.Topic];
            return new(_topics[topic.Name] = Describe(topic.Name, topic.TopicId, alteration.PartitionCount ?? 1, topic.Config));
        }
    }

    public ValueTask DeleteTopicAsync(string topic, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _topics.Remove(topic);
            foreach (var partition in _logs.Keys.Where(partition => partition.Topic == topic).ToList()) _logs.Remove(partition);
            foreach (var key in _committed.Keys.Where(key => key.Partition.Topic == topic).ToList()) _committed.Remove(key);
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<TopicDescription?> DescribeTopicAsync(string topic, CancellationToken cancellationToken)
    {
        lock (_lock) return new(_topics.GetValueOrDefault(topic));
    }

    public ValueTask<TopicPage> ListTopicsAsync(TopicQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<PartitionStatus>> DescribePartitionsAsync(string topic, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new([
                .. Partitions(topic).Select(partition =>
                    new PartitionStatus(partition.Partition, Log(partition).Start, End(partition), End(partition), 0, null)),
            ]);
        }
    }

    public async ValueTask<ProduceResult> ProduceAsync(ProduceRequest request, CancellationToken cancellationToken)
    {
        var batch = new RecordBatch(request.Batch.Bytes.ToArray());
        await BeforeProduce();
        lock (_lock)
        {
            batch.StampPlace(End(request.Partition), 0);
            Log(request.Partition).Batches.Add(batch.Bytes.ToArray());
            return new ProduceResult(batch.BaseOffset, null, 0);
        }
    }

    public ValueTask<ProducerIdentity> InitProducerAsync(long? producerId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<ProducerIdentity> DescribeProducerAsync(long producerId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<ProducerStatus>> FindProducerAsync(string topic, long producerId, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<FetchResult> FetchAsync(FetchRequest request, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(new FetchResult([
                .. request.Partitions.Select(wanted => new FetchedPartition
                {
                    Partition = wanted.Partition,
                    HighWatermark = End(wanted.Partition),
                    Batches = Log(wanted.Partition).Batches
                        .Where(batch => new RecordBatch(batch).NextOffset > wanted.Offset).Take(100).SelectMany(batch => batch).ToArray(),
                }),
            ]));
        }
    }

    public ValueTask<IReadOnlyList<ListedOffset>> ListOffsetsAsync(string topic, OffsetSpec at, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new([
                .. Partitions(topic).Select(partition =>
                    new ListedOffset(partition.Partition, at.IsEarliest ? Log(partition).Start : End(partition), null)),
            ]);
        }
    }

    public ValueTask<long> DeleteRecordsAsync(TopicPartition partition, long beforeOffset, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _logs[partition] = (beforeOffset, Log(partition).Batches);
            Log(partition).Batches.RemoveAll(batch => new RecordBatch(batch).NextOffset <= beforeOffset);
            return new(beforeOffset);
        }
    }

    public async ValueTask CommitOffsetsAsync(string group, IReadOnlyList<CommittedOffset> offsets, CancellationToken cancellationToken)
    {
        await BeforeCommit();
        lock (_lock)
        {
            CommitCount++;
            foreach (var offset in offsets) _committed[(group, offset.Partition)] = offset;
        }
    }

    public ValueTask<IReadOnlyList<CommittedOffset>> FetchCommittedOffsetsAsync(string group, CancellationToken cancellationToken)
    {
        lock (_lock) return new([.. _committed.Where(entry => entry.Key.Group == group).Select(entry => entry.Value)]);
    }

    public ValueTask DeleteCommittedOffsetsAsync(string group, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            foreach (var key in _committed.Keys.Where(key => key.Group == group).ToList()) _committed.Remove(key);
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static TopicDescription Describe(string name, Guid id, int partitionCount, TopicConfig config) =>
        new(name, id, 1, config, 1, [.. Enumerable.Range(0, partitionCount).Select(partition => new PartitionReplicas(partition, 0, [0], [0]))]);

    private IEnumerable<TopicPartition> Partitions(string topic) =>
        Enumerable.Range(0, _topics[topic].PartitionCount).Select(partition => new TopicPartition(topic, partition));

    private (long Start, List<byte[]> Batches) Log(TopicPartition partition) =>
        _logs.TryGetValue(partition, out var log) ? log : _logs[partition] = (0, []);

    private long End(TopicPartition partition) =>
        Log(partition) is { Batches: [.., var last] } ? new RecordBatch(last).NextOffset : Log(partition).Start;
}
