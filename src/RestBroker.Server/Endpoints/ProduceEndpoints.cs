using System.ComponentModel;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Server.Contracts;
using RestBroker.Server.Producing;

namespace RestBroker.Server.Endpoints;

/// <summary>
/// Producing records: JSON, NDJSON, raw bytes. The answers are written where the records are stored: a result that is given back to the
/// framework costs each request that waits for the disk another task.
/// </summary>
internal static class ProduceEndpoints
{
    public static void MapProduce(this IEndpointRouteBuilder api)
    {
        var topic = api.MapGroup("/topics/{topic}").WithTags("Produce");
        topic.MapPost("/records", ProduceAsync)
            .Accepts<ProduceRecordsRequest>(ContentTypes.Json, ContentTypes.NdJson)
            .Produces<ProduceResponse>().Produces<ProduceResponse>(StatusCodes.Status202Accepted)
            .Produces<PartialProduceResponse>(StatusCodes.Status207MultiStatus);
        topic.MapPost("/partitions/{partition:int}/records", ProduceToPartitionAsync)
            .Accepts<ProduceRecordsRequest>(ContentTypes.Json, ContentTypes.NdJson, ContentTypes.RecordBatches)
            .Produces<ProduceResponse>().Produces<ProduceResponse>(StatusCodes.Status202Accepted);
        topic.MapPost("/raw", ProduceRawAsync)
            .Accepts<string>("*/*")
            .Produces<ReceiptResponse>(StatusCodes.Status201Created).Produces(StatusCodes.Status202Accepted);
    }

    /// <summary>
    /// Stores records. As JSON all of them or none, in the partitions that there are when the request begins; as NDJSON
    /// (<c>application/x-ndjson</c>) a record a line, streamed, with a summary at the end. A topic that is missing is created where
    /// RestBroker:AutoCreateTopics is on.
    /// </summary>
    /// <param name="requests">Takes the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="query">How they are to be stored and answered.</param>
    /// <param name="idempotencyKey">The request's name: sent again it stores nothing twice.</param>
    internal static Task ProduceAsync(
        ProduceRequests requests,
        HttpContext context,
        string topic,
        [AsParameters] ProduceQuery query,
        [FromHeader(Name = IdempotencyKey.HeaderName), Description(ProducerHeaders.KeyedHeaderText)] string? idempotencyKey) =>
        requests.TakeAsync(context, new ProduceTarget(topic), query, new ProducerHeaders { IdempotencyKey = idempotencyKey });

    /// <summary>
    /// Stores records in one partition. With If-Match and the partition's ETag, only if nothing was appended since: a conditional append.
    /// As <c>application/x-kafka-recordbatch</c> the body is one or more of Kafka's record batches (magic 2), one behind the other: all are
    /// checked before the first is stored, each is appended as it came but for its offsets, and the answer has a receipt a batch. A batch's
    /// own producer id, epoch and sequence make it one that can be sent again; batches out of a log need <c>dropProducer=true</c>.
    /// </summary>
    /// <param name="requests">Takes the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic, which must exist.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="query">How they are to be stored and answered.</param>
    /// <param name="ifMatch">The partition's ETag: store only if nothing was appended since, else 412. JSON, or one record batch.</param>
    /// <param name="headers">What makes the request one that can be sent again.</param>
    internal static Task ProduceToPartitionAsync(
        ProduceRequests requests,
        HttpContext context,
        string topic,
        int partition,
        [AsParameters] ProduceQuery query,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        [AsParameters] ProducerHeaders headers) =>
        requests.TakeAsync(context, new ProduceTarget(topic, partition, ifMatch), query, headers);

    /// <summary>
    /// Stores the body as one record's value, whatever its bytes. Content-Type is kept as the header content-type;
    /// <c>RB-Header-name: value</c> adds a header, <c>RB-Timestamp</c> sets the time.
    /// </summary>
    /// <param name="requests">Takes the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic; it is created if missing, as for records.</param>
    /// <param name="key">The key; absent = none.</param>
    /// <param name="keyBase64">The key as base64.</param>
    /// <param name="partition">The partition; absent = by the key, or in turn.</param>
    /// <param name="acks">When the answer is sent: <c>all</c> (committed, default), <c>leader</c> (written), <c>none</c> (202).</param>
    /// <param name="idempotencyKey">The request's name: sent again it stores nothing twice.</param>
    internal static Task ProduceRawAsync(
        RawRequests requests,
        HttpContext context,
        string topic,
        [FromQuery] string? key,
        [FromQuery] string? keyBase64,
        [FromQuery] int? partition,
        [FromQuery] string? acks,
        [FromHeader(Name = IdempotencyKey.HeaderName), Description(ProducerHeaders.KeyedHeaderText)] string? idempotencyKey) =>
        requests.StoreAsync(context, topic, new RawRecordKey(key, keyBase64, idempotencyKey), new ProduceOptions(partition, AcksText.Parse(acks)));
}
