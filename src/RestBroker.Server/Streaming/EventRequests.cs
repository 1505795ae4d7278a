using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Answers requests for streams: server-sent events, and the same as lines of JSON. A first request is refused by a status, as any other. A browser that reconnects never sees
/// another status than 200: with <c>Last-Event-ID</c> whatever is wrong with the position is said in the stream.
/// </summary>
internal sealed class EventRequests(ILogEngine engine, ReadPlanner planner, StreamSlots slots, StreamClocks clocks, TailHubs hubs)
{
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Streams topics as events.</summary>
    public Task StreamAsync(HttpContext context, IReadOnlyList<string> topics, EventQuery query) =>
        StreamAsync(context, topics, query, new StreamKind(ContentTypes.EventStream, "latest"));

    /// <summary>Streams a topic as lines.</summary>
    public Task FollowAsync(HttpContext context, string topic, FetchQuery query) =>
        StreamAsync(context, [topic], query, new StreamKind(ContentTypes.NdJson, "earliest"));

    private async Task StreamAsync(HttpContext context, IReadOnlyList<string> topics, TopicReadQuery query, StreamKind kind)
    {
        AcceptHeader.Choose(context.Request, kind.ContentType);
        var lastEventId = context.Request.Headers[LastEventId].ToString();
        if (lastEventId == Cursor.EndText)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        var wishes = new ReadWishes(query, context.Request.QueryString, planner.Options);
        var from = StartText.Parse(query.From ?? kind.From);
        using var slot = slots.Take(context.Connection.RemoteIpAddress);
        using var lifetime = ReadLifetime.Of(context);
        var start = lastEventId.Length > 0
            ? await ResumeAsync(topics, query, from, lastEventId, context.RequestAborted)
            : new EventStart(await planner.PlaceAsync(topics, query, from, context.RequestAborted), []);
        var hasUntil = await planner.BoundAsync(start.Positions, query, context.RequestAborted);
        var isResolved = lastEventId.Length == 0 && query.Cursor is null;
        var plan = wishes.Stream(start.Positions, from, isResolved) with { HasUntil = hasUntil };
        await RunAsync(context, plan, start.Opening, new TailForm(kind.ContentType == ContentTypes.EventStream, wishes.Shape), lifetime);
    }

    private async ValueTask<EventStart> ResumeAsync(
        IReadOnlyList<string> topics, TopicReadQuery query, StartPosition from, string lastEventId, CancellationToken cancellationToken)
    {
        var partitions = PartitionChoice.Parse(query.Partitions);
        try
        {
            var resets = new List<ReadNotice>();
            var positions = await planner.ResumeAsync(topics, partitions, Cursor.Parse(lastEventId), resets, cancellationToken);
            return new EventStart(positions, resets);
        }
        catch (BrokerException e) when (e.Error == BrokerError.InvalidCursor)
        {
            var reset = new ReadNotice(ReadNoticeKind.Reset) { Reason = ReadNotice.Malformed };
            return new EventStart(await planner.StartAsync(topics, partitions, from, cancellationToken), [reset]);
        }
        catch (BrokerException e) when (BrokerErrors.Of(e.Error).Status is not (401 or 403 or 429 or 503))
        {
            return new EventStart([], [ReadNotice.Of(e)]);
        }
    }

    private async Task RunAsync(
        HttpContext context, ReadPlan plan, IReadOnlyList<ReadNotice> opening, TailForm form, ReadLifetime lifetime)
    {
        var isResumed = context.Request.Headers[LastEventId].ToString().Length > 0;
        using var session = new ReadSession(engine, plan) { SpeaksInBand = isResumed };
        using var output = new StreamOutput(context, clocks.Stalls);
        using var dress = form.Dress(output.Buffer, session, clocks.Time, context.TraceIdentifier);
        if (plan.Topics.Count > 0 && !await session.FetchAsync(TimeSpan.Zero, lifetime)) throw ReadRefusals.ShuttingDown();
        session.SpeaksInBand = true;
        output.Prepare(form.IsEvents ? ContentTypes.EventStream : ContentTypes.NdJson);
        using var pulse = new StreamPulse(clocks, lifetime);
        await new StreamLoop(session, dress, output, pulse).RunAsync(opening, hubs, lifetime);
    }

    // How a stream is written, and where it begins unless told.
    private readonly record struct StreamKind(string ContentType, string From);

    private sealed record EventStart(IReadOnlyList<TopicPosition> Positions, IReadOnlyList<ReadNotice> Opening);
}
