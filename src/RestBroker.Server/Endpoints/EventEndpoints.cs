using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Errors;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Endpoints;

/// <summary>Live tail by server-sent events.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        var events = api.MapGroup("").WithTags("Events");
        events.MapGet("/topics/{topic}/events", TailAsync).Produces<string>(200, ContentTypes.EventStream).Produces(204);
        events.MapGet("/events", TailTopicsAsync).Produces<string>(200, ContentTypes.EventStream).Produces(204);
    }

    /// <summary>
    /// Tails a topic as server-sent events: a record is an event of the default type whose id is the whole position, so that a browser's
    /// EventSource resumes by itself and misses nothing. Begins at the end unless told otherwise. Other events: <c>heartbeat</c>,
    /// <c>up-to-date</c>, <c>gap</c>, <c>reset</c>, <c>problem</c>, <c>bye</c>. Swagger UI shows nothing before the end: give <c>limit=3</c>.
    /// </summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="query">What to read.</param>
    [AllowsQueryPrefix(RecordFilter.HeaderPrefix)]
    internal static Task TailAsync(EventRequests requests, HttpContext context, string topic, [AsParameters] EventQuery query) =>
        requests.StreamAsync(context, [topic], query);

    /// <summary>Tails several topics in one stream.</summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topics, one <c>topic=</c> for each.</param>
    /// <param name="query">What to read.</param>
    [AllowsQueryPrefix(RecordFilter.HeaderPrefix)]
    internal static Task TailTopicsAsync(
        EventRequests requests, HttpContext context, [FromQuery] string[] topic, [AsParameters] EventQuery query)
    {
        if (topic.Length == 0) throw new BrokerException(BrokerError.InvalidRequest, "No topic is named. Give topic=a&topic=b.");
        if (topic.Distinct(StringComparer.Ordinal).Count() < topic.Length)
            throw new BrokerException(BrokerError.InvalidRequest, "A topic is named twice. Name each once.");
        return requests.StreamAsync(context, topic, query);
    }
}
