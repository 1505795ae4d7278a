using System.Globalization;
using System.Text;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// Copies dead records into the dead-letter topic: key, value, headers and timestamp as they were, and headers that say where they come
/// from and why. The copy is on disk before the record is done with, so a crash between the two copies it once more and never loses it.
/// </summary>
internal sealed class DeadLetters(ILogEngine engine, string group)
{
    private const int MaxBatchBytes = 512 * 1024;

    /// <summary>
    /// Copies the dead records of a partition and gives the offsets that are done with, rising; what the log no longer has is among them.
    /// </summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, RecordTooLarge, InvalidRecord, StorageFailed, DiskFull: the dead-letter
    /// topic does not take them.</exception>
    internal async Task<IReadOnlyList<long>> CopyAsync(TopicPartition from, Guid topicId, SharePartition state, string topic)
    {
        var target = await engine.DescribeTopicAsync(topic, CancellationToken.None)
            ?? throw new BrokerException(BrokerError.UnknownTopicOrPartition, $"There is no dead-letter topic {topic}: create it.");
        var done = new List<long>();
        var letters = new SortedDictionary<int, List<(Record Record, ShareRecord Dead)>>();
        long bytes = 0;
        foreach (var (offset, dead) in state.Records.Where(record => record.Value.IsDead))
        {
            done.Add(offset);
            if (await ReadAsync(from, topicId, offset) is not { } record) continue;
            var partition = record.Key is { } key ? Murmur2.Partition(key.Span, target.PartitionCount) : from.Partition % target.PartitionCount;
            if (!letters.TryGetValue(partition, out var ofPartition)) letters[partition] = ofPartition = [];
            ofPartition.Add((record, dead));
            bytes += record.Size;
            if (bytes >= MaxBatchBytes) break;
        }

        foreach (var (partition, ofPartition) in letters) await AppendAsync(new TopicPartition(topic, partition), from, ofPartition);
        return done;
    }

    private async Task AppendAsync(TopicPartition to, TopicPartition from, List<(Record Record, ShareRecord Dead)> letters)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var (record, dead) in letters)
            builder.Append(record.Timestamp, record.Key, record.Value, [.. record.Headers, .. Headers(from, record.Offset, dead)]);
        await engine.ProduceAsync(new ProduceRequest(to, builder.Build(), Acks.All), CancellationToken.None);
    }

    private IEnumerable<Header> Headers(TopicPartition from, long offset, ShareRecord dead)
    {
        yield return Of("rb-dlq-topic", from.Topic);
        yield return Of("rb-dlq-partition", from.Partition.ToString(CultureInfo.InvariantCulture));
        yield return Of("rb-dlq-offset", offset.ToString(CultureInfo.InvariantCulture));
        yield return Of("rb-dlq-group", group);
        yield return Of("rb-dlq-reason", dead.State == ShareRecordState.Rejected ? "rejected" : "max-deliveries");
        yield return Of("rb-dlq-deliveries", dead.DeliveryCount.ToString(CultureInfo.InvariantCulture));

        static Header Of(string name, string value) => new(Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
    }

    // Null where the log no longer has it: there is nothing left to copy.
    private async Task<Record?> ReadAsync(TopicPartition from, Guid topicId, long offset)
    {
        var request = new FetchRequest { Partitions = [new FetchPartition(from, offset, topicId)], MaxBytes = 1, MinBytes = 0 };
        using var found = await engine.FetchAsync(request, CancellationToken.None);
        var entry = found.Partitions[0];
        if (entry.Error == BrokerError.StorageFailed) throw new BrokerException(entry.Error, $"{from} cannot be read now.");
        if (entry.Batches.IsEmpty) return null;
        using var walk = new BatchWalk();
        walk.Begin(entry, offset);
        return walk.TryRead(out var record, out _) && record.Offset == offset ? record.Copy() : null;
    }
}
