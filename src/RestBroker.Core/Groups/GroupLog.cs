using System.Text;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// The internal topic of group states: key = the group's name, value = <see cref="GroupStateFormat"/>; and of each partition of a shared
/// group: key = <c>group/topic id/partition</c>, value = <see cref="SharePartitionFormat"/>. Null = deleted; the last record of a key
/// counts. The topic is made when the first group is. Thread-safe.
/// </summary>
internal sealed class GroupLog(ILogEngine engine, TimeProvider time)
{
    internal const string Topic = "__restbroker_groups";

    private static readonly TopicPartition Partition = new(Topic, 0);

    // Small segments, so that compaction or raising the log start gives the disk back; a state is one record whatever its size.
    private static readonly TopicSpec Spec = new(Topic, 1, null, new Dictionary<string, string>
    {
        ["retention.ms"] = "-1",
        ["segment.bytes"] = "16777216",
        ["max.message.bytes"] = "67108864",
    });

    private static readonly Dictionary<string, string?> Compacted = new() { ["cleanup.policy"] = "compact" };

    private long _bytes;

    /// <summary>Bytes of states added since the log was loaded or shortened; 0 where the engine itself compacts the topic.</summary>
    internal long Bytes => IsCompacted ? 0 : Interlocked.Read(ref _bytes);

    private bool IsCompacted => engine.Features.HasFlag(EngineFeatures.Compaction);

    /// <summary>The state of every group.</summary>
    internal async ValueTask<LoadedGroups> LoadAsync(CancellationToken cancellationToken)
    {
        var states = new LoadedGroups();
        if (await engine.DescribeTopicAsync(Topic, cancellationToken) is not { } topic) return states;
        if (IsCompacted && !topic.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact))
            await engine.AlterTopicAsync(new TopicAlteration(Topic, null, Compacted, null, null), cancellationToken);
        var offset = (await engine.ListOffsetsAsync(Topic, OffsetSpec.Earliest, cancellationToken))[0].Offset;
        while (true)
        {
            using var found = await engine.FetchAsync(new FetchRequest { Partitions = [new(Partition, offset)], MinBytes = 0 }, cancellationToken);
            var partition = found.Partitions[0];
            if (partition.Error == BrokerError.RecordCorrupt && partition.Corrupt is { } corrupt)
            {
                offset = corrupt.To;
                continue;
            }

            if (partition.Error != BrokerError.None)
                throw new BrokerException(partition.Error, $"The states of groups cannot be read at offset {offset} of {Partition}.");
            if (partition.Batches.IsEmpty) return states;
            offset = Apply(partition.Batches, offset, states);
        }
    }

    /// <summary>Appends a state. On disk when the task completes.</summary>
    internal async Task WriteAsync(string group, GroupState state)
    {
        using var builder = new RecordBatchBuilder();
        Append(builder, group, GroupStateFormat.Write(state));
        await WriteAsync(builder);
    }

    /// <summary>Marks a group and its share partitions as not there any more, all or nothing. On disk when the task completes.</summary>
    internal async Task DeleteAsync(string group, IReadOnlyList<ShareSlot> shares)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var slot in shares) Append(builder, LoadedGroups.KeyOf(group, slot.TopicId, slot.Partition.Partition), null);
        Append(builder, group, null);
        await WriteAsync(builder);
    }

    /// <summary>Appends the states of partitions of a shared group, all or nothing; null = not there any more. On disk when the task completes.</summary>
    internal async Task WriteSharesAsync(string group, IReadOnlyList<(ShareSlot Slot, byte[]? State)> shares)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var (slot, state) in shares) Append(builder, LoadedGroups.KeyOf(group, slot.TopicId, slot.Partition.Partition), state);
        await WriteAsync(builder);
    }

    /// <summary>Writes every group once more and drops what lies before; each group's own writer keeps the order of its states.</summary>
    internal async Task ShortenAsync(Func<Task> rewriteAll)
    {
        var end = (await engine.DescribePartitionsAsync(Topic, CancellationToken.None))[0].HighWatermark;
        await rewriteAll();
        await engine.DeleteRecordsAsync(Partition, end, CancellationToken.None);
        Interlocked.Exchange(ref _bytes, 0);
    }

    private void Append(RecordBatchBuilder builder, string key, byte[]? value) =>
        builder.Append(time.GetUtcNow().ToUnixTimeMilliseconds(), Encoding.UTF8.GetBytes(key), value is null ? (ReadOnlyMemory<byte>?)null : value);

    private async Task WriteAsync(RecordBatchBuilder builder)
    {
        if (await engine.DescribeTopicAsync(Topic, CancellationToken.None) is null) await CreateAsync();
        var batch = builder.Build();
        await engine.ProduceAsync(new ProduceRequest(Partition, batch, Acks.All) { IsLone = true }, CancellationToken.None);
        Interlocked.Add(ref _bytes, batch.Size);
    }

    private async Task CreateAsync()
    {
        try
        {
            var configs = IsCompacted ? Spec.Configs.Append(KeyValuePair.Create("cleanup.policy", "compact")).ToDictionary() : Spec.Configs;
            await engine.CreateTopicAsync(Spec with { Configs = configs }, CancellationToken.None);
        }
        catch (BrokerException e) when (e.Error == BrokerError.TopicAlreadyExists)
        {
            // Another group was first.
        }
    }

    private static long Apply(ReadOnlyMemory<byte> batches, long offset, LoadedGroups states)
    {
        var rest = batches.ToArray().AsMemory();
        while (RecordBatch.TryRead(rest, out var batch))
        {
            rest = rest[batch.Size..];
            using var reader = new RecordBatchReader(batch);
            while (!batch.IsControl && reader.TryRead(out var record))
            {
                if (record.Offset < offset || record.Key is not { } key) continue;
                states.Apply(Encoding.UTF8.GetString(key.Span), record.Value);
            }

            offset = batch.NextOffset;
        }

        return offset;
    }
}
