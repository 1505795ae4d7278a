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

    private Task StreamAsync(HttpContext context, IReadOnlyList<string> topics, TopicReadQuery query, StreamKind kind)
    {
        AcceptHeader.Choose(context.Request, kind.ContentType);
        if (context.Request.Headers[LastEventId].ToString() == Cursor.EndText)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        var wish = new StreamWish(topics, query, kind, new ReadWishes(query, context.Request.QueryString, planner.Options), StartText.Parse(query.From ?? kind.From));
        var slot = slots.Take(context.Connection.RemoteIpAddress);
        var lifetime = ReadLifetime.Of(context);
        return RunAsync(OpenAsync(context, wish, lifetime), lifetime, slot);
    }

    // What the stream was asked for is not kept while it runs.
    private static async Task RunAsync(ValueTask<StreamLoop> opening, ReadLifetime lifetime, IDisposable slot)
    {
        using (slot)
        using (lifetime)
        using (var stream = await opening)
        {
            // The one place where a stream waits while nothing happens.
            while (await stream.AdvanceAsync(lifetime)) await stream.WaitAsync();
        }
    }

    private async ValueTask<StreamLoop> OpenAsync(HttpContext context, StreamWish wish, ReadLifetime lifetime)
    {
        var (topics, query, kind, wishes, from) = wish;
        var lastEventId = context.Request.Headers[LastEventId].ToString();
        var isResumed = lastEventId.Length > 0;
        var start = isResumed
            ? await ResumeAsync(topics, query, from, lastEventId, context.RequestAborted)
            : new EventStart(await planner.PlaceAsync(topics, query, from, context.RequestAborted), []);
        var hasUntil = await planner.BoundAsync(start.Positions, query, context.RequestAborted);
        var plan = wishes.Stream(start.Positions, from, isResolved: !isResumed && query.Cursor is null) with { HasUntil = hasUntil };
        var session = await BeginAsync(plan, isResumed, lifetime);
        var form = new TailForm(kind.ContentType == ContentTypes.EventStream, wishes.Shape);
        var output = new StreamOutput(context, clocks.Stalls);
        output.Prepare(kind.ContentType);
        var read = StreamRead.Of(session, form, output, clocks.Time);
        return new StreamLoop(read, hubs, output, new StreamPulse(clocks, lifetime)) { Opening = start.Opening };
    }

    // The first step is made before there is a stream: what it is refused for is a status.
    private async ValueTask<ReadSession> BeginAsync(ReadPlan plan, bool speaksInBand, ReadLifetime lifetime)
    {
        var session = new ReadSession(engine, plan) { SpeaksInBand = speaksInBand };
        try
        {
            if (plan.Topics.Count > 0 && !await session.FetchAsync(TimeSpan.Zero, lifetime)) throw ReadRefusals.ShuttingDown();
        }
        catch
        {
            session.Dispose();
            throw;
        }

        session.SpeaksInBand = true;
        return session;
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

    // How a stream is written, and where it begins unless told.
    private readonly record struct StreamKind(string ContentType, string From);

    private readonly record struct StreamWish(
        IReadOnlyList<string> Topics, TopicReadQuery Query, StreamKind Kind, ReadWishes Wishes, StartPosition From);

    private sealed record EventStart(IReadOnlyList<TopicPosition> Positions, IReadOnlyList<ReadNotice> Opening);
}
