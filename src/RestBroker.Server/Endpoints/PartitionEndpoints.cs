using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Endpoints;

/// <summary>Where the partitions of a topic stand, and the start of their logs.</summary>
internal static class PartitionEndpoints
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapPartitions(this IEndpointRouteBuilder api)
    {
        var topic = api.MapGroup("/topics/{topic}").WithTags("Partitions");
        topic.MapGet("/partitions", ListPartitionsAsync);
        topic.MapMethods("/partitions/{partition:int}", GetAndHead, GetPartitionAsync);
        topic.MapGet("/offsets", ListOffsetsAsync);
        topic.MapDelete("/partitions/{partition:int}/records", DeleteRecordsAsync);
    }

    /// <summary>Lists the partitions of a topic: log start, high watermark, next offset, bytes. No ETag: it moves with every record.</summary>
    internal static async Task<Ok<PartitionListResponse>> ListPartitionsAsync(ILogEngine engine, string topic, CancellationToken cancellationToken)
    {
        var partitions = await engine.DescribePartitionsAsync(topic, cancellationToken);
        return TypedResults.Ok(new PartitionListResponse([.. partitions.Select(partition => partition.ToResponse())]));
    }

    /// <summary>One partition. Its ETag is the If-Match of a conditional append.</summary>
    internal static async Task<Results<Ok<PartitionResponse>, StatusCodeHttpResult>> GetPartitionAsync(
        ILogEngine engine, HttpContext context, string topic, int partition, CancellationToken cancellationToken)
    {
        var found = await engine.GetTopicAsync(topic, cancellationToken);
        found.RequirePartition(partition);
        var status = (await engine.DescribePartitionsAsync(topic, cancellationToken))[partition];
        var tag = EntityTags.OfPartition(found.Incarnation, status.NextOffset);
        context.Response.Headers.ETag = tag;
        if (EntityTags.IsNoneMatch(context.Request.Headers.IfNoneMatch, tag)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        return TypedResults.Ok(status.ToResponse());
    }

    /// <summary>Finds a place in every partition: the log start, the end, or the first record at or after a time.</summary>
    /// <param name="engine">The log.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="at"><c>earliest</c>, <c>latest</c>, an RFC 3339 time, or ms since 1970. No record at or after a time gives the end.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<OffsetListResponse>> ListOffsetsAsync(
        ILogEngine engine, string topic, [FromQuery] string at, CancellationToken cancellationToken)
    {
        var offsets = await engine.ListOffsetsAsync(topic, Place(at), cancellationToken);
        return TypedResults.Ok(new OffsetListResponse([.. offsets.Select(found => new OffsetResponse(found.Partition, found.Offset, found.Timestamp))]));
    }

    /// <summary>Moves a partition's log start up: records before the offset can no longer be read.</summary>
    /// <param name="engine">The log.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="before">The first offset to keep.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<DeleteRecordsResponse>> DeleteRecordsAsync(
        ILogEngine engine, string topic, int partition, [FromQuery] long before, CancellationToken cancellationToken)
    {
        Reserved.Refuse(topic);
        (await engine.GetTopicAsync(topic, cancellationToken)).RequirePartition(partition);
        if (before < 0) throw new BrokerException(BrokerError.InvalidRange, $"before={before}: offsets begin at 0.");
        var start = await engine.DeleteRecordsAsync(new TopicPartition(topic, partition), before, cancellationToken);
        return TypedResults.Ok(new DeleteRecordsResponse(start));
    }

    private static OffsetSpec Place(string at) => at switch
    {
        "earliest" => OffsetSpec.Earliest,
        "latest" => OffsetSpec.Latest,
        _ when TimeText.TryParseAny(at, out var milliseconds) => OffsetSpec.At(milliseconds),
        _ => throw new BrokerException(
            BrokerError.InvalidRequest, $"at={at} is no place: give earliest, latest, a time such as 2026-01-31T08:00:00Z, or ms since 1970 (12 digits or more)."),
    };
}
