using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>Takes checked records to the waist: one batch a partition, all partitions at once. Thread-safe.</summary>
internal sealed class RecordProducer(ILogEngine engine, TimeProvider time)
{
    // A counter a topic, so that its requests without keys take its partitions in turn; it goes with the description.
    private readonly ConditionalWeakTable<TopicDescription, StrongBox<int>> _turns = [];

    /// <summary>The partition whose turn it is to take a request's keyless records.</summary>
    public int NextKeylessPartition(TopicDescription topic)
    {
        var turn = Interlocked.Increment(ref _turns.GetOrCreateValue(topic).Value);
        return (int)((uint)(turn - 1) % (uint)topic.PartitionCount);
    }

    /// <summary>Stores the records of one request and gives their receipts in its order.</summary>
    /// <exception cref="BrokerException">What the engine refused; with <c>results</c> of what was stored all the same.</exception>
    public async Task<Receipt[]> ProduceAsync(
        TopicDescription topic, IReadOnlyList<ProducedRecord> records, ProduceOptions options, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        using var batches = new PartitionBatches(topic, options.Partition, NextKeylessPartition(topic));
        var places = new (int Partition, int Index)[records.Count];
        for (var i = 0; i < records.Count; i++) places[i] = batches.Add(records[i], now);

        var appends = await AppendAsync(topic, batches, options, cancellationToken);
        var receipts = new Receipt[records.Count];
        for (var i = 0; i < records.Count; i++)
        {
            if (appends[places[i].Partition].Result is { } result)
                receipts[i] = new Receipt(places[i].Partition, result.BaseOffset + places[i].Index, result.LogAppendTime ?? records[i].Timestamp ?? now);
        }

        if (appends.Values.All(append => append.Refusal is null)) return receipts;
        throw PartialFailure(appends, receipts, places);
    }

    /// <summary>Appends each partition's batch; what fails is a value. Batches are handed to the engine in order before any is awaited.</summary>
    public async Task<Dictionary<int, PartitionAppend>> AppendAsync(
        TopicDescription topic, PartitionBatches batches, ProduceOptions options, CancellationToken cancellationToken)
    {
        var running = new List<(int Partition, Task<PartitionAppend> Append)>();
        foreach (var (partition, builder) in batches.Builders)
        {
            var request = new ProduceRequest(
                new TopicPartition(topic.Name, partition), builder.Build(), options.Acks, options.ExpectedNextOffset, topic.TopicId, options.KeyCondition);
            running.Add((partition, AppendAsync(request, topic, cancellationToken)));
        }

        var appends = new Dictionary<int, PartitionAppend>(running.Count);
        foreach (var (partition, append) in running) appends[partition] = await append;
        return appends;
    }

    private async Task<PartitionAppend> AppendAsync(ProduceRequest request, TopicDescription topic, CancellationToken cancellationToken)
    {
        try
        {
            return new PartitionAppend(await engine.ProduceAsync(request, cancellationToken), null);
        }
        catch (BrokerException refusal)
        {
            return new PartitionAppend(null, refusal.Error == BrokerError.PreconditionFailed ? WithTag(refusal, topic, request.Partition.Partition) : refusal);
        }
    }

    private static BrokerException WithTag(BrokerException refusal, TopicDescription topic, int partition)
    {
        var members = new Dictionary<string, object>(refusal.Members);
        if (members.GetValueOrDefault("nextOffset") is long nextOffset) members["etag"] = EntityTags.OfPartition(topic.Incarnation, nextOffset);
        if (members.Remove("keyOffset", out var offset)) members["etag"] = EntityTags.OfRecord(topic.Incarnation, partition, (long)offset);
        return new BrokerException(refusal.Error, refusal.Message) { Members = members };
    }

    private static BrokerException PartialFailure(
        Dictionary<int, PartitionAppend> appends, Receipt[] receipts, (int Partition, int Index)[] places)
    {
        var first = appends.Values.First(append => append.Refusal is not null).Refusal!;
        if (appends.Count == 1) return first;
        var stored = appends.Values.Any(append => append.Result is not null);
        var possible = stored || appends.Values.Any(append => append.Refusal?.SideEffects == SideEffects.Possible);
        if (!stored) return new BrokerException(first.Error, first.Message, first) { SideEffects = possible ? SideEffects.Possible : SideEffects.None };

        var results = new JsonArray();
        for (var i = 0; i < receipts.Length; i++)
        {
            results.Add(appends[places[i].Partition].Result is null
                ? new JsonObject { ["partition"] = places[i].Partition, ["code"] = BrokerErrors.Of(appends[places[i].Partition].Refusal!.Error).Code }
                : new JsonObject { ["partition"] = receipts[i].Partition, ["offset"] = receipts[i].Offset, ["timestamp"] = receipts[i].Timestamp });
        }

        return new BrokerException(first.Error, $"Some partitions took their records, some did not; results tells which. {first.Message}", first)
        {
            SideEffects = SideEffects.Possible,
            Members = new Dictionary<string, object> { ["results"] = results },
        };
    }
}

/// <summary>How a request wants its records stored.</summary>
/// <param name="Partition">The partition in the path or query, which all records go to; null = each its own.</param>
/// <param name="Acks">When the answer is sent.</param>
/// <param name="ExpectedNextOffset">Only if the partition's log ends here; null = wherever.</param>
/// <param name="KeyCondition">Only if this holds for the one record's key; null = in any case.</param>
internal sealed record ProduceOptions(int? Partition, Acks Acks, long? ExpectedNextOffset = null, KeyCondition? KeyCondition = null);

/// <summary>What became of one partition's batch: one of the two.</summary>
internal readonly record struct PartitionAppend(ProduceResult? Result, BrokerException? Refusal);
