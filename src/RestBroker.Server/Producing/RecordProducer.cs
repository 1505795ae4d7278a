using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>Takes checked records to the waist: one batch a partition, all partitions at once. Thread-safe.</summary>
internal sealed class RecordProducer(ILogEngine engine, TimeProvider time)
{
    // Lengths, deltas and attributes of a record, and a header or two; more only makes the batch grow.
    private const int RecordOverhead = 48;
    private const long MaxCapacity = 16 * 1024 * 1024;

    // A counter a topic, so that its requests without keys take its partitions in turn; it goes with the description.
    private readonly ConditionalWeakTable<TopicDescription, StrongBox<int>> _turns = [];

    /// <summary>The partition whose turn it is to take a request's keyless records.</summary>
    public int NextKeylessPartition(TopicDescription topic)
    {
        var turn = Interlocked.Increment(ref _turns.GetOrCreateValue(topic).Value);
        return (int)((uint)(turn - 1) % (uint)topic.PartitionCount);
    }

    /// <summary>Begins the batches of a request's records.</summary>
    /// <param name="topic">Where they go.</param>
    /// <param name="work">Its batches.</param>
    /// <param name="options">How they are to be stored.</param>
    /// <param name="size">About how many bytes the first batch will have, so that a large one is not copied while it grows.</param>
    public void Begin(TopicDescription topic, ProduceWork work, ProduceOptions options, long size)
    {
        var rule = new PartitionRule(topic, options.Partition, options.Key?.KeylessPartition ?? NextKeylessPartition(topic), options.Key);
        work.Batches.Begin(rule, (int)Math.Min(RecordBatch.HeaderSize + size, MaxCapacity));
    }

    /// <summary>Stores a request's one record and gives its receipt, for the caller to dispose. Gives the request's body back.</summary>
    /// <exception cref="BrokerException">What the engine refused.</exception>
    public ValueTask<Receipts> ProduceAsync(
        TopicDescription topic, in ProducedRecord record, ProduceWork work, ProduceOptions options, CancellationToken cancellationToken)
    {
        Begin(topic, work, options, RecordOverhead + (record.Key?.Length ?? 0) + (record.Value?.Length ?? 0));
        work.Add(record, time.GetUtcNow().ToUnixTimeMilliseconds());
        work.Body.Dispose();
        return ProduceAsync(topic, work, options, cancellationToken);
    }

    /// <summary>Stores the records of one request, which are in their batches, and gives their receipts in its order, for the caller to dispose.</summary>
    /// <exception cref="BrokerException">What the engine refused; with <c>results</c> of what was stored all the same.</exception>
    public ValueTask<Receipts> ProduceAsync(
        TopicDescription topic, ProduceWork work, ProduceOptions options, CancellationToken cancellationToken) =>
        work.Batches.Only is var (partition, batch)
            ? ProduceToOneAsync(RequestOf(topic, partition, batch, options) with { IsLone = true }, topic, work.Places, cancellationToken)
            : ProduceToManyAsync(topic, work, options, cancellationToken);

    private async ValueTask<Receipts> ProduceToManyAsync(
        TopicDescription topic, ProduceWork work, ProduceOptions options, CancellationToken cancellationToken)
    {
        var places = work.Places;
        var appends = await AppendAsync(topic, work.Batches, options, cancellationToken);
        var clocks = await ClocksAsync(topic, appends, cancellationToken);
        var receipts = new Receipts(places.Count) { Duplicate = appends.Values.All(append => append.Result is { Duplicate: true }) };
        for (var i = 0; i < places.Count; i++)
        {
            var place = places[i];
            if (appends[place.Partition].Result is { } result) receipts.Items[i] = ReceiptOf(place, result, clocks.GetValueOrDefault(place.Partition));
        }

        if (appends.Values.All(append => append.Refusal is null)) return receipts;
        var failure = PartialFailure(appends, receipts.Items, places);
        if (options.Partial && appends.Values.Any(append => append.Result is not null)) return receipts with { Failure = failure };
        receipts.Dispose();
        throw failure;
    }

    // The usual request has one batch, and needs no table of what became of each.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Receipts> ProduceToOneAsync(
        ProduceRequest request, TopicDescription topic, RecordPlaces places, CancellationToken cancellationToken)
    {
        ProduceResult result;
        try
        {
            result = await engine.ProduceAsync(request, cancellationToken);
        }
        catch (BrokerException refusal) when (refusal.Error == BrokerError.PreconditionFailed)
        {
            throw WithTag(refusal, topic, request.Partition.Partition);
        }

        var clock = result is { FirstTime: not null, LogAppendTime: null } ? await ClockAsync(request.Partition, result, cancellationToken) : null;
        var receipts = new Receipts(places.Count) { Duplicate = result.Duplicate };
        for (var i = 0; i < places.Count; i++) receipts.Items[i] = ReceiptOf(places[i], result, clock);
        return receipts;
    }

    // What a record without a timestamp of its own got: the clock of this try, or that of the first one.
    private static Receipt ReceiptOf(in RecordPlace place, in ProduceResult result, Func<long, long>? clock)
    {
        var offset = result.BaseOffset + place.Index;
        var timestamp = place.IsOwnTime || clock is null ? place.Timestamp : clock(offset);
        return new Receipt(place.Partition, offset, result.LogAppendTime ?? timestamp);
    }

    private static ProduceRequest RequestOf(TopicDescription topic, int partition, RecordBatchBuilder builder, ProduceOptions options)
    {
        if (options.Key is { } keyed) builder.Producer = (keyed.ProducerId, 0, 0);
        if (options.Producer is { } numbered) builder.Producer = (numbered.Id, numbered.Epoch, numbered.Sequence);
        return new ProduceRequest(
            new TopicPartition(topic.Name, partition), builder.Build(), options.Acks, options.ExpectedNextOffset, topic.TopicId, options.KeyCondition)
        { IsCrcKnown = true };
    }

    /// <summary>Appends each partition's batch; what fails is a value. Batches are handed to the engine in order before any is awaited.</summary>
    public async Task<Dictionary<int, PartitionAppend>> AppendAsync(
        TopicDescription topic, PartitionBatches batches, ProduceOptions options, CancellationToken cancellationToken)
    {
        var running = new List<(int Partition, Task<PartitionAppend> Append)>();
        foreach (var (partition, builder) in batches.Builders)
        {
            running.Add((partition, AppendAsync(RequestOf(topic, partition, builder, options), topic, cancellationToken).AsTask()));
        }

        var appends = new Dictionary<int, PartitionAppend>(running.Count);
        foreach (var (partition, append) in running) appends[partition] = await append;
        return appends;
    }

    // The clocks of those partitions where an earlier try had stored the records.
    private async ValueTask<Dictionary<int, Func<long, long>>> ClocksAsync(
        TopicDescription topic, Dictionary<int, PartitionAppend> appends, CancellationToken cancellationToken)
    {
        var clocks = new Dictionary<int, Func<long, long>>();
        foreach (var (partition, append) in appends)
        {
            if (append.Result is { FirstTime: not null, LogAppendTime: null } result)
                clocks[partition] = await ClockAsync(new TopicPartition(topic.Name, partition), result, cancellationToken);
        }

        return clocks;
    }

    private async ValueTask<Func<long, long>> ClockAsync(TopicPartition partition, ProduceResult again, CancellationToken cancellationToken)
    {
        var firstTime = again.FirstTime!.Value;
        var stored = await FirstTimestamps.ReadAsync(engine, partition, again.BaseOffset, cancellationToken);
        return offset => stored?.GetValueOrDefault(offset, firstTime) ?? firstTime;
    }

    private async ValueTask<PartitionAppend> AppendAsync(ProduceRequest request, TopicDescription topic, CancellationToken cancellationToken)
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

    /// <summary>A failed precondition and the ETag that would hold.</summary>
    internal static BrokerException WithTag(BrokerException refusal, TopicDescription topic, int partition)
    {
        var members = new Dictionary<string, object>(refusal.Members);
        if (members.GetValueOrDefault("nextOffset") is long nextOffset) members["etag"] = EntityTags.OfPartition(topic.Incarnation, nextOffset);
        if (members.Remove("keyOffset", out var offset)) members["etag"] = EntityTags.OfRecord(topic.Incarnation, partition, (long)offset);
        return new BrokerException(refusal.Error, refusal.Message) { Members = members };
    }

    private static BrokerException PartialFailure(
        Dictionary<int, PartitionAppend> appends, ReadOnlySpan<Receipt> receipts, RecordPlaces places)
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
                ? Refused(places[i].Partition, appends[places[i].Partition].Refusal!)
                : new JsonObject { ["partition"] = receipts[i].Partition, ["offset"] = receipts[i].Offset, ["timestamp"] = receipts[i].Timestamp });
        }

        return new BrokerException(first.Error, $"Some partitions took their records, some did not; results tells which. {first.Message}", first)
        {
            SideEffects = SideEffects.Possible,
            Members = new Dictionary<string, object> { ["results"] = results },
        };
    }

    private static JsonObject Refused(int partition, BrokerException refusal) => new()
    {
        ["partition"] = partition,
        ["code"] = BrokerErrors.Of(refusal.Error).Code,
        ["retriable"] = BrokerErrors.Of(refusal.Error).Retriable,
        ["sideEffects"] = refusal.SideEffects == SideEffects.None ? "none" : "possible",
    };
}

/// <summary>How a request wants its records stored.</summary>
/// <param name="Partition">The partition in the path or query, which all records go to; null = each its own.</param>
/// <param name="Acks">When the answer is sent.</param>
/// <param name="ExpectedNextOffset">Only if the partition's log ends here; null = wherever.</param>
/// <param name="KeyCondition">Only if this holds for the one record's key; null = in any case.</param>
/// <param name="Producer">Who numbers the records, and the first one's sequence; for one partition only. Null = nobody.</param>
/// <param name="Key">The request's idempotency key, once it has begun; null = none.</param>
/// <param name="Partial">Whether a request that some partitions took and some did not is one that succeeded.</param>
internal readonly record struct ProduceOptions(
    int? Partition, Acks Acks, long? ExpectedNextOffset = null, KeyCondition? KeyCondition = null, BatchProducer? Producer = null,
    KeyedRequest? Key = null, bool Partial = false);

/// <summary>What became of one partition's batch: one of the two.</summary>
internal readonly record struct PartitionAppend(ProduceResult? Result, BrokerException? Refusal);
