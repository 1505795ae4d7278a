using System.Runtime.CompilerServices;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>Stores a request that is one record, once even if it is sent again. Thread-safe.</summary>
internal sealed class SingleRecords(RecordProducer producer, IdempotentRequests keyed)
{
    /// <summary>Stores the one record there is; the answer's head tells where an earlier try had done so.</summary>
    /// <exception cref="BrokerException">IdempotencyKeyInUse, IdempotencyKeyReused, and what the engine refuses.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Receipt> StoreAsync(HttpContext context, TopicDescription topic, ProduceWork work, SingleProduce produce)
    {
        var (options, key, route) = produce;
        using var request = key is { } some
            ? await keyed.BeginAsync(some, topic, RequestDigest.OfRecord(some, route, work.Records[0]), context.RequestAborted)
            : null;
        using var receipts = await producer.ProduceAsync(topic, work, request is null ? options : options with { Key = request }, context.RequestAborted);
        if (request is not null && receipts.Duplicate) context.Response.Headers[IdempotentRequests.ReplayHeader] = "true";
        return receipts.Items[0];
    }
}

/// <summary>How one record is stored.</summary>
/// <param name="Options">Where, and when it counts as stored.</param>
/// <param name="Key">The request's name, so that it can be sent again; null = none.</param>
/// <param name="Route">Which kind of request it is: a key belongs to one.</param>
internal readonly record struct SingleProduce(ProduceOptions Options, IdempotencyKey? Key, string Route);
