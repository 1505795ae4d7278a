using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>Stores a request that is one record, once even if it is sent again. Thread-safe.</summary>
internal sealed class SingleRecords(RecordProducer producer, IdempotentRequests keyed)
{
    /// <summary>Stores the record and gives its receipt; the answer's head tells where an earlier try had done so.</summary>
    /// <exception cref="BrokerException">IdempotencyKeyInUse, IdempotencyKeyReused, and what the engine refuses.</exception>
    public ValueTask<Receipts> StoreAsync(HttpContext context, TopicDescription topic, in ProducedRecord record, ProduceWork work, SingleProduce produce) =>
        produce.Key is null
            ? producer.ProduceAsync(topic, record, work, produce.Options, context.RequestAborted)
            : StoreOnceAsync(context, topic, record, work, produce);

    private async ValueTask<Receipts> StoreOnceAsync(HttpContext context, TopicDescription topic, ProducedRecord record, ProduceWork work, SingleProduce produce)
    {
        var (key, digest) = (produce.Key!.Value, RequestDigest.OfRecord(produce.Key.Value, produce.Route, record));
        using var request = await keyed.BeginAsync(key, topic, digest, context.RequestAborted);
        var receipts = await producer.ProduceAsync(topic, record, work, produce.Options with { Key = request }, context.RequestAborted);
        if (receipts.Duplicate) context.Response.Headers[IdempotentRequests.ReplayHeader] = "true";
        return receipts;
    }
}

/// <summary>How one record is stored.</summary>
/// <param name="Options">Where, and when it counts as stored.</param>
/// <param name="Key">The request's name, so that it can be sent again; null = none.</param>
/// <param name="Route">Which kind of request it is: a key belongs to one.</param>
internal readonly record struct SingleProduce(ProduceOptions Options, IdempotencyKey? Key, string Route);
