using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Producing;

/// <summary>Takes produce requests from their bytes to their receipts. Thread-safe.</summary>
internal sealed class ProduceRequests(
    ILogEngine engine, TopicAutoCreator topics, RecordProducer producer, IdempotentRequests keyed, BatchRequests batches, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    // A client that sends and does not read its receipts for so long has dead-locked itself.
    private static readonly TimeSpan ReceiptPatience = TimeSpan.FromSeconds(10);

    private const string BodyLimit = "RestBroker:MaxRequestBodyBytes";

    private RestBrokerOptions Options => options.Value;

    /// <summary>A request of any form; answers it.</summary>
    public Task TakeAsync(
        HttpContext context, ProduceTarget target, ProduceQuery query, ProducerHeaders headers)
    {
        var (topic, partition, ifMatch) = target;
        if (partition is { } number && RequestBody.IsRecordBatches(context.Request))
            return batches.StoreAsync(context, new TopicPartition(topic, number), query, ifMatch);
        var isNdjson = RequestBody.IsNdjson(context.Request);
        if (query.DropProducer is not null) throw new BrokerException(BrokerError.InvalidRequest, $"dropProducer is for record batches ({ContentTypes.RecordBatches}).");
        var wantsEach = query.WantsEach(isNdjson);
        if (query.Partial is true && isNdjson) throw new BrokerException(BrokerError.InvalidRequest, "partial=true is for JSON; the summary of an upload tells of each line that failed.");
        var acks = query.ParseAcks();
        var produce = new ProduceOptions(partition, acks, Producer: headers.Parse(engine, acks), Partial: query.Partial is true);
        var key = IdempotencyKey.Of(context.Request, engine, produce.Acks);
        if (!isNdjson) return StoreAsync(context, topic, produce, key, ifMatch);
        if (key is not null)
            throw new BrokerException(BrokerError.NotSupportedByEngine, "An upload is many appends and has no one Idempotency-Key. Number its records with Producer-Id, Producer-Epoch and Producer-Seq: POST /v1/producers gives an id.");
        return StreamAsync(context, target, produce, wantsEach);
    }

    /// <summary>A JSON request: nothing is stored unless all of it is valid.</summary>
    private async Task StoreAsync(
        HttpContext context, string topic, ProduceOptions produce, IdempotencyKey? key, string? ifMatch)
    {
        var cancellationToken = context.RequestAborted;
        using var work = ProduceWork.Rent();
        var (target, request) = await BeginAsync(context, topic, produce.Partition, key, work);
        using var running = request;
        produce = produce with { Key = request, ExpectedNextOffset = ifMatch is null ? null : EntityTags.ExpectedNextOffset(ifMatch, target) };
        await TakeAsync(context.Request, target, produce, work);
        work.Intake.End();
        using var receipts = await producer.ProduceAsync(target, work, produce, cancellationToken);
        if (request is not null && receipts.Duplicate) context.Response.Headers[IdempotentRequests.ReplayHeader] = "true";

        if (receipts.Failure is { } failure) await AnswerPartlyAsync(context, failure);
        else if (produce.Acks == Acks.None) await TypedResults.Accepted((string?)null, new ProduceResponse([], false)).ExecuteAsync(context);
        else ReceiptAnswer.WriteAll(context.Response, receipts, work.Answer);
    }

    private static Task AnswerPartlyAsync(HttpContext context, BrokerException failure)
    {
        var body = new JsonObject { ["results"] = (JsonArray)failure.Members["results"], ["duplicate"] = false };
        return TypedResults.Json(body, statusCode: StatusCodes.Status207MultiStatus).ExecuteAsync(context);
    }

    /// <summary>An NDJSON request: stored as it comes, without end if need be; the answer follows the upload.</summary>
    private async Task StreamAsync(
        HttpContext context, ProduceTarget place, ProduceOptions produce, bool wantsEach)
    {
        var (topic, partition, ifMatch) = place;
        RequestBody.Decode(context, Options);
        RefuseUnheard(context.Request, partition);
        if (ifMatch is not null)
            throw new BrokerException(BrokerError.NotSupportedByEngine, "If-Match needs one JSON request: an upload is many appends.");
        var found = await FindAsync(topic, partition, context.RequestAborted);
        LiftLimits(context);
        var limits = RecordLimits.Of(Options, found?.Config ?? TopicConfig.Default);
        using var receipts = wantsEach ? BeginReceipts(context) : null;
        using var upload = new NdjsonUpload(producer, produce, limits, Options.MaxNdjsonLineBytes, time)
        {
            PartitionCount = found?.PartitionCount ?? Options.DefaultPartitionCount,
            Target = token => GetOrCreateAsync(context, topic, token),
            Receipts = receipts,
        };
        var summary = await upload.RunAsync(context.Request.BodyReader, context.RequestAborted);
        if (receipts is not null)
        {
            await receipts.EndAsync(summary);
            return;
        }

        context.Response.ContentType = ContentTypes.NdJson;
        summary.Write(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private UploadReceipts BeginReceipts(HttpContext context)
    {
        var output = new StreamOutput(context, time, ReceiptPatience);
        output.Prepare(ContentTypes.NdJson);
        return new UploadReceipts(output);
    }

    /// <summary>The topic, created if missing; says so in the answer.</summary>
    private async ValueTask<TopicDescription> GetOrCreateAsync(HttpContext context, string topic, CancellationToken cancellationToken)
    {
        var (target, created) = await topics.GetOrCreateAsync(topic, cancellationToken);
        if (created) context.Response.Headers["RB-Topic-Created"] = "true";
        return target;
    }

    private static void RefuseUnheard(HttpRequest request, int? partition)
    {
        if (partition is null) RequestBody.RefuseUnheard(request, "Producer-Id", "Producer-Epoch", "Producer-Seq", "If-Match");
    }

    // What can be refused by the request's head is refused before its body is read, and so before 100 Continue.
    private async ValueTask<TopicDescription?> FindAsync(string topic, int? partition, CancellationToken cancellationToken)
    {
        if (partition is null) return await topics.FindAsync(topic, cancellationToken);
        Reserved.Refuse(topic);
        var found = await engine.GetTopicAsync(topic, cancellationToken);
        found.RequirePartition(partition.Value);
        return found;
    }

    /// <summary>
    /// Finds out where the records of a JSON request go. That takes the whole body where the topic is to be created, for a request that is valid
    /// alone, and where the request has a key, which is one body's.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(TopicDescription Topic, KeyedRequest? Request)> BeginAsync(
        HttpContext context, string topic, int? partition, IdempotencyKey? key, ProduceWork work)
    {
        var cancellationToken = context.RequestAborted;
        RequestBody.Decode(context, Options);
        RefuseUnheard(context.Request, partition);
        var found = await FindAsync(topic, partition, cancellationToken);
        RequestBody.RefuseTooLarge(context.Request, Options.MaxRequestBodyBytes, BodyLimit);
        if (found is not null && key is null) return (found, null);

        await RequestBody.ReadAsync(context.Request, work.Body, Options.MaxRequestBodyBytes, BodyLimit);
        if (found is null)
        {
            work.Intake.Begin(RulesOf(topic, partition, Options.DefaultPartitionCount, TopicConfig.Default) with { IsTrial = true });
            work.Intake.Take(new ReadOnlySequence<byte>(work.Body.Written), isLast: true);
            work.Intake.End();
            found = await GetOrCreateAsync(context, topic, cancellationToken);
        }

        var request = key is { } some ? await keyed.BeginAsync(some, found, RequestDigest.OfRecords(some, partition, work.Body.Written.Span), cancellationToken) : null;
        return (found, request);
    }

    /// <summary>Puts the records of a JSON request into batches, and checks them: out of the body, or as it comes.</summary>
    private ValueTask TakeAsync(HttpRequest request, TopicDescription topic, ProduceOptions produce, ProduceWork work)
    {
        var size = work.Body.Length > 0 ? work.Body.Length : request.ContentLength ?? RequestBody.UsualSize;
        producer.Begin(topic, work, produce, produce.Partition is null ? Math.Max(size / topic.PartitionCount, Math.Min(size, RequestBody.UsualSize)) : size);
        work.Intake.Begin(RulesOf(topic.Name, produce.Partition, topic.PartitionCount, topic.Config));
        if (work.Body.Length == 0) return RequestBody.TakeAsync(request, work.Intake, Options.MaxRequestBodyBytes, BodyLimit);
        work.Intake.Take(new ReadOnlySequence<byte>(work.Body.Written), isLast: true);
        work.Body.Dispose();
        return ValueTask.CompletedTask;
    }

    private IntakeRules RulesOf(string topic, int? partition, int partitionCount, TopicConfig config) =>
        new(topic, partition, partitionCount, RecordLimits.Of(Options, config), Options.MaxRecordsPerRequest, time);

    // An upload may last for days and pause for hours.
    private static void LiftLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }
}

/// <summary>Where a request's records go.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition in the path; null = each record its own.</param>
/// <param name="IfMatch">The partition's ETag; null = whatever it is.</param>
internal readonly record struct ProduceTarget(string Topic, int? Partition = null, string? IfMatch = null);
