using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Producing;

/// <summary>
/// Takes requests whose body is whole record batches: all of them are checked before the first is stored, then each is appended as it
/// came. Thread-safe.
/// </summary>
internal sealed class BatchRequests(ILogEngine engine, BatchAppender appender, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    private RestBrokerOptions Options => options.Value;

    /// <summary>Stores the batches of a request in one partition, and answers where they are.</summary>
    public async Task StoreAsync(HttpContext context, TopicPartition place, ProduceQuery query, string? ifMatch)
    {
        var acks = Check(context.Request, query);
        Reserved.Refuse(place.Topic);
        var topic = await engine.GetTopicAsync(place.Topic, context.RequestAborted);
        topic.RequirePartition(place.Partition);
        RequestBody.Decode(context, Options);
        using var work = ProduceWork.Rent();
        await RequestBody.ReadAsync(context.Request, work.Body, Options.MaxRequestBodyBytes, "RestBroker:MaxRequestBodyBytes");

        var batches = BatchBody.Split(work.Body.Written, Options.MaxRecordsPerRequest, work.OwnBatches);
        var rules = BatchRules.Of(Options, topic.Config, work.Body.Length, time.GetUtcNow());
        var position = 0;
        for (var i = 0; i < batches.Count; position += batches[i++].Size)
        {
            if (query.DropProducer is true) batches[i].ClearProducer();
            rules.Check(batches[i], new BatchPlace(i, position), work);
        }

        if (batches.Any(batch => batch.ProducerId >= 0)) IdempotencyKey.RequireProducerState(engine, acks, "a producer id in a batch");
        if (ifMatch is not null && batches.Count > 1)
            throw new BrokerException(BrokerError.NotSupportedByEngine, $"If-Match needs a body of one batch; this one has {batches.Count}, and each is an append of its own.");
        var expected = ifMatch is null ? null : EntityTags.ExpectedNextOffset(ifMatch, topic);
        await appender.AppendAsync(topic, work, new ProduceOptions(place.Partition, acks, expected), context.RequestAborted);
        ReceiptAnswer.WriteBatches(context.Response, work.Receipts, work.Answer);
    }

    // What the head of a request asks for in vain is refused before its body is read.
    private Acks Check(HttpRequest request, ProduceQuery query)
    {
        var acks = query.ParseAcks();
        query.WantsEach(isNdjson: false);
        if (query.Partial is true)
            throw new BrokerException(BrokerError.InvalidRequest, "partial=true is for JSON requests that touch several partitions; these batches go to one.");
        foreach (var name in (ReadOnlySpan<string>)["Producer-Id", "Producer-Epoch", "Producer-Seq"])
        {
            if (request.Headers.ContainsKey(name))
                throw new BrokerException(BrokerError.InvalidRequest, $"{name}: a record batch bears its producer's id, epoch and sequence itself. Set them there, or send JSON.");
        }

        if (request.Headers.ContainsKey(IdempotencyKey.HeaderName))
            throw new BrokerException(BrokerError.NotSupportedByEngine, $"{IdempotencyKey.HeaderName} is for JSON and raw requests. A batch that is to be stored once bears producerId, producerEpoch and baseSequence; POST /v1/producers gives an id.");
        if (!engine.Features.HasFlag(EngineFeatures.ClientBatches))
            throw new BrokerException(BrokerError.NotSupportedByEngine, "This engine takes no batches that a client built. Send the records as JSON or NDJSON.");
        return acks;
    }
}
