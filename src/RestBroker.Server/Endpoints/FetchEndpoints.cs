using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Endpoints;

/// <summary>Reading records without a group and without state.</summary>
internal static class FetchEndpoints
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapFetch(this IEndpointRouteBuilder api)
    {
        var topic = api.MapGroup("/topics/{topic}").WithTags("Fetch");
        topic.MapGet("/records", FetchAsync).Produces<FetchResponse>(200, ContentTypes.Json, ContentTypes.NdJson);
        topic.MapMethods("/partitions/{partition:int}/records", GetAndHead, FetchPartitionAsync)
            .Produces<FetchResponse>(200, ContentTypes.Json, ContentTypes.RecordBatches);
        topic.MapMethods("/partitions/{partition:int}/records/{offset:long}", GetAndHead, GetRecordAsync).Produces<RecordResponse>();
        topic.MapMethods("/partitions/{partition:int}/records/{offset:long}/value", GetAndHead, GetValueAsync)
            .Produces<byte[]>(200, "application/octet-stream");
    }

    /// <summary>
    /// Reads a page of a topic's records. With <c>wait</c> it answers at the first record that matches (a true long poll); without one it
    /// answers with an empty page and a cursor to go on from. <c>Accept: application/x-ndjson</c> gives a record a line and a last line
    /// <c>{"end":true,"cursor":…}</c>. With <c>follow=true</c> it has no end and is the same session as <c>/events</c>: every line has its
    /// <c>cursor</c>, lines with <c>event</c> are no records, and <c>Last-Event-ID</c> goes on after any of them.
    /// </summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="query">What to read.</param>
    [AllowsQueryPrefix(RecordFilter.HeaderPrefix)]
    internal static Task FetchAsync(FetchRequests requests, HttpContext context, string topic, [AsParameters] FetchQuery query) =>
        requests.FetchAsync(context, topic, query);

    /// <summary>
    /// Reads a page of one partition from an offset. Its ETag names the records it holds; If-None-Match makes it 304. Before the start of
    /// the log it is 410 with <c>earliest</c>, beyond its end 416 with <c>nextOffset</c>, at its end an empty page.
    /// <c>Accept: application/x-kafka-recordbatch</c> gives the batches (magic 2) as they lie in the log, one behind the other: the first
    /// holds the offset and may begin before it, <c>RB-Next-Offset</c> (and <c>RB-Cursor</c>) tell where to go on, <c>RB-High-Watermark</c>
    /// where the log ends. Filters and <c>limit</c> are refused there; a damaged range is 410 with <c>to</c>, where reading goes on.
    /// </summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="query">What to read.</param>
    [AllowsQueryPrefix(RecordFilter.HeaderPrefix)]
    internal static Task FetchPartitionAsync(
        FetchRequests requests, HttpContext context, string topic, int partition, [AsParameters] PartitionFetchQuery query) =>
        requests.FetchPartitionAsync(context, topic, partition, query);

    /// <summary>Reads one record.</summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">The record's offset.</param>
    /// <param name="as">Shows the value as <c>text</c> or as <c>base64</c>, whatever it is.</param>
    internal static Task GetRecordAsync(
        RecordRequests requests, HttpContext context, string topic, int partition, long offset, [FromQuery] string? @as) =>
        requests.SendAsync(context, new TopicPartition(topic, partition), offset, ReadWishes.Format(@as));

    /// <summary>
    /// Reads the bytes of one record's value, with the Content-Type they were produced with. They come as a sandboxed download: what users
    /// stored must not run in a browser as if it were the broker's.
    /// </summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="partition">The partition.</param>
    /// <param name="offset">The record's offset.</param>
    internal static Task GetValueAsync(RecordRequests requests, HttpContext context, string topic, int partition, long offset) =>
        requests.SendValueAsync(context, new TopicPartition(topic, partition), offset);
}
