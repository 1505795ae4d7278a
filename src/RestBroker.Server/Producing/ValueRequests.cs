using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Producing;

/// <summary>The latest value of a key as a resource. Thread-safe.</summary>
internal sealed class ValueRequests(
    ILogEngine engine, SingleRecords single, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    /// <summary>Stores the body as the key's value, if the preconditions hold.</summary>
    public async Task<Results<Created<ReceiptResponse>, Accepted>> PutAsync(HttpContext context, string topic, ReadOnlyMemory<byte> key, Acks acks)
    {
        RequestBody.Decode(context, options.Value);
        var target = await GetWritableAsync(context, topic);
        var maxBytes = Math.Min(target.Config.MaxMessageBytes, options.Value.MaxRequestBodyBytes);
        using var work = ProduceWork.Rent();
        await RequestBody.ReadAsync(context.Request, work.Body, maxBytes, "the smaller of the topic's max.message.bytes and RestBroker:MaxRequestBodyBytes");
        return await StoreAsync(context, target, RecordOf(context.Request, key, work.Body.Written), work, acks);
    }

    /// <summary>Stores a tombstone, if the preconditions hold.</summary>
    public async Task<Results<Created<ReceiptResponse>, Accepted>> DeleteAsync(HttpContext context, string topic, ReadOnlyMemory<byte> key, Acks acks)
    {
        var target = await GetWritableAsync(context, topic);
        using var work = ProduceWork.Rent();
        return await StoreAsync(context, target, RecordOf(context.Request, key, null), work, acks);
    }

    /// <summary>Sends the key's latest value.</summary>
    public async Task SendAsync(HttpContext context, string topic, ReadOnlyMemory<byte> key)
    {
        var (found, place) = await GetAsync(topic, key, context.RequestAborted);
        using var latest = await engine.FetchLatestAsync(place, key, context.RequestAborted)
            ?? throw new BrokerException(BrokerError.NotFound, $"The key has no value in {place}: it was never stored, or it was deleted.");
        if (Revalidation.IsUnchanged(context, EntityTags.OfRecord(found.Incarnation, place.Partition, latest.Offset))) return;
        using var walk = new BatchWalk();
        walk.Begin(latest.Found, latest.Offset);
        if (!walk.TryRead(out var record, out var corrupt) || record.Offset != latest.Offset)
            throw ReadRefusals.Corrupt(place, corrupt ?? new OffsetRange(latest.Offset, latest.Offset + 1));
        await RawValue.WriteAsync(context.Response, place, record, options.Value.MaxValueDepth);
    }

    private async Task<Results<Created<ReceiptResponse>, Accepted>> StoreAsync(
        HttpContext context, TopicDescription topic, ProducedRecord record, ProduceWork work, Acks acks)
    {
        RecordRules.Check(record, RecordLimits.Of(options.Value, topic.Config), topic.PartitionCount, time.GetUtcNow(), work.Faults);
        if (work.Faults.Any) throw work.Faults.ToRefusal();

        var partition = Murmur2.Partition(record.Key!.Value.Span, topic.PartitionCount);
        var produce = new ProduceOptions(partition, acks, KeyCondition: EntityTags.OfKey(context.Request.Headers, topic, partition));
        using var receipts = await single.StoreAsync(context, topic, record, work, new SingleProduce(produce, IdempotencyKey.Of(context.Request, engine, acks), "value"));
        if (acks == Acks.None) return TypedResults.Accepted((string?)null);
        var receipt = receipts.Items[0];
        context.Response.Headers.ETag = EntityTags.OfRecord(topic.Incarnation, receipt.Partition, receipt.Offset);
        return TypedResults.Created(
            $"/v1/topics/{topic.Name}/partitions/{receipt.Partition}/records/{receipt.Offset}",
            new ReceiptResponse(receipt.Partition, receipt.Offset, receipt.Timestamp));
    }

    private static ProducedRecord RecordOf(HttpRequest request, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte>? value) => new()
    {
        Key = key,
        Value = value,
        Headers = RawRequests.Headers(request),
        Timestamp = RawRequests.Timestamp(request),
    };

    // What can be refused by the request's head is refused before its body is read, and so before 100 Continue.
    private async ValueTask<TopicDescription> GetWritableAsync(HttpContext context, string topic)
    {
        RequestBody.RefuseUnheard(context.Request, "Producer-Id", "Producer-Epoch", "Producer-Seq");
        Reserved.Refuse(topic);
        var (found, _) = await GetAsync(topic, default, context.RequestAborted);
        return found;
    }

    private async ValueTask<(TopicDescription Topic, TopicPartition Place)> GetAsync(
        string topic, ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        var found = await engine.GetTopicAsync(topic, cancellationToken);
        if (!engine.Features.HasFlag(EngineFeatures.KeyIndex))
            throw new BrokerException(BrokerError.NotSupportedByEngine, "This engine cannot look up the latest value of a key.");
        if (!found.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact))
            throw new BrokerException(BrokerError.TopicNotCompacted, $"The topic {topic} is not compacted: it has records, and no latest value of a key. Set its cleanup.policy to compact.");
        return (found, new TopicPartition(topic, Murmur2.Partition(key.Span, found.PartitionCount)));
    }
}
