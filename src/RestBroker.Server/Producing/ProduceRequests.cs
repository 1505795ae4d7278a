using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Producing;

/// <summary>Takes produce requests from their bytes to their receipts. Thread-safe.</summary>
internal sealed class ProduceRequests(
    ILogEngine engine, TopicAutoCreator topics, RecordProducer producer, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    private RestBrokerOptions Options => options.Value;

    /// <summary>A JSON request: validated whole, then stored whole.</summary>
    public async Task<Results<Ok<ProduceResponse>, Accepted<ProduceResponse>, EmptyHttpResult>> StoreAsync(
        HttpContext context, string topic, int? partition, Acks acks, string? ifMatch = null)
    {
        var cancellationToken = context.RequestAborted;
        RequestBody.Decode(context, Options);
        RefuseUnheard(context.Request, partition);
        var partitionCount = await CheckTargetAsync(topic, partition, cancellationToken);
        using var body = await RequestBody.ReadAsync(
            context.Request, Options.MaxRequestBodyBytes, "RestBroker:MaxRequestBodyBytes", cancellationToken);
        var records = Read(body.Written, topic, partition, partitionCount, await MaxValueBytesAsync(topic, cancellationToken));

        var target = await GetOrCreateAsync(context, topic, cancellationToken);
        var expected = ifMatch is not null ? EntityTags.ExpectedNextOffset(ifMatch, target) : null;
        var receipts = await producer.ProduceAsync(target, records, new ProduceOptions(partition, acks, expected), cancellationToken);

        if (acks == Acks.None) return TypedResults.Accepted((string?)null, new ProduceResponse([], false));
        return TypedResults.Ok(new ProduceResponse([.. receipts.Select(ToResponse)], false));
    }

    /// <summary>An NDJSON request: stored as it comes, without end if need be; the answer follows the upload.</summary>
    public async Task<Results<Ok<ProduceResponse>, Accepted<ProduceResponse>, EmptyHttpResult>> StreamAsync(
        HttpContext context, string topic, int? partition, Acks acks, string? ifMatch = null)
    {
        RequestBody.Decode(context, Options);
        RefuseUnheard(context.Request, partition);
        if (ifMatch is not null)
            throw new BrokerException(BrokerError.NotSupportedByEngine, "If-Match needs one JSON request: an upload is many appends.");
        var partitionCount = await CheckTargetAsync(topic, partition, context.RequestAborted);
        LiftLimits(context);
        var limits = RecordLimits.Of(Options, await MaxValueBytesAsync(topic, context.RequestAborted));
        using var upload = new NdjsonUpload(producer, new ProduceOptions(partition, acks), limits, Options.MaxNdjsonLineBytes, time)
        {
            PartitionCount = partitionCount,
            Target = token => GetOrCreateAsync(context, topic, token),
        };
        var summary = await upload.RunAsync(context.Request.BodyReader, context.RequestAborted);

        context.Response.ContentType = ContentTypes.NdJson;
        summary.Write(context.Response.BodyWriter);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        return TypedResults.Empty;
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
        RequestBody.RefuseUnheard(request, "Idempotency-Key", "Producer-Id", "Producer-Epoch", "Producer-Seq");
        if (partition is null) RequestBody.RefuseUnheard(request, "If-Match");
    }

    // What can be refused by the request's head is refused before its body is read, and so before 100 Continue.
    private async ValueTask<int> CheckTargetAsync(string topic, int? partition, CancellationToken cancellationToken)
    {
        if (partition is null) return await topics.PartitionCountAsync(topic, cancellationToken);
        Reserved.Refuse(topic);
        var found = await engine.GetTopicAsync(topic, cancellationToken);
        found.RequirePartition(partition.Value);
        return found.PartitionCount;
    }

    private async ValueTask<int> MaxValueBytesAsync(string topic, CancellationToken cancellationToken) =>
        (await engine.DescribeTopicAsync(topic, cancellationToken))?.Config.MaxMessageBytes ?? TopicConfig.Default.MaxMessageBytes;

    private List<ProducedRecord> Read(ReadOnlyMemory<byte> body, string topic, int? partition, int partitionCount, int maxValueBytes)
    {
        var faults = new RecordFaults("/records");
        var limits = RecordLimits.Of(Options, maxValueBytes);
        var records = RecordEnvelopeReader.Read(body, Options.MaxRecordsPerRequest, limits.MaxValueDepth, faults);
        var now = time.GetUtcNow();
        for (var i = 0; i < records.Count && !faults.IsFull; i++)
        {
            faults.Index = i;
            RecordRules.Check(records[i], limits, partitionCount, now, faults);
            if (partition is not null && records[i].Partition is { } own && own != partition)
                faults.Add(BrokerError.InvalidPartitions, "/partition", $"The path says partition {partition} of {topic}.");
        }

        if (faults.Any) throw faults.ToRefusal();
        return records;
    }

    // An upload may last for days and pause for hours.
    private static void LiftLimits(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    private static ReceiptResponse ToResponse(Receipt receipt) => new(receipt.Partition, receipt.Offset, receipt.Timestamp);
}
