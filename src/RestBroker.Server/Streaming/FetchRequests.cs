using Microsoft.Net.Http.Headers;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>Answers fetches: a JSON page, a page of lines, lines without end, batches as they are stored.</summary>
internal sealed class FetchRequests(
    ILogEngine engine, ReadPlanner planner, BatchFetches batches, EventRequests streams, StreamClocks clocks)
{
    /// <summary>Reads a topic.</summary>
    public async Task FetchAsync(HttpContext context, string topic, FetchQuery query)
    {
        if (query.Follow is true)
        {
            await streams.FollowAsync(context, topic, query);
            return;
        }

        var type = AcceptHeader.Choose(context.Request, ContentTypes.Json, ContentTypes.NdJson);
        var wishes = new ReadWishes(query, context.Request.QueryString, planner.Options);
        var from = StartText.Parse(query.From ?? "earliest");
        var positions = await planner.PlaceAsync([topic], query, from, context.RequestAborted);
        var hasUntil = await planner.BoundAsync(positions, query, context.RequestAborted);

        using var lifetime = ReadLifetime.Of(context);
        using var session = new ReadSession(engine, wishes.Page(positions, query.Cursor is null) with { HasUntil = hasUntil });
        var loop = new PageLoop(session, clocks.Time, wishes.Wait, planner.Options.MaxFilteredScanBytes);
        if (type == ContentTypes.NdJson)
        {
            await SendLinesAsync(context, session, loop, wishes, lifetime);
            return;
        }

        using var page = new JsonPage(context, session, wishes.Shape, clocks);
        await SendPageAsync(page, loop, await page.ReadAsync(loop, lifetime), lifetime);
    }

    /// <summary>Reads one partition from an offset.</summary>
    public async Task FetchPartitionAsync(HttpContext context, string topic, int partition, PartitionFetchQuery query)
    {
        var type = AcceptHeader.Choose(context.Request, ContentTypes.Json, ContentTypes.RecordBatches);
        context.Response.Headers.Vary = HeaderNames.Accept;
        if (query.Offset < 0) throw new BrokerException(BrokerError.InvalidRange, $"offset={query.Offset}: offsets begin at 0.");
        (await engine.GetTopicAsync(topic, context.RequestAborted)).RequirePartition(partition);
        if (type == ContentTypes.RecordBatches)
        {
            await batches.SendAsync(context, new TopicPartition(topic, partition), query);
            return;
        }

        var wishes = new ReadWishes(query, context.Request.QueryString, planner.Options);
        var positions = await planner.StartAsync([topic], PartitionChoice.Only(partition), StartPosition.Earliest, context.RequestAborted);
        if (query.Offset is { } offset) positions[0].MoveTo(partition, offset);
        var first = positions[0].NextOffset(partition);

        using var lifetime = ReadLifetime.Of(context);
        using var session = new ReadSession(engine, wishes.Page(positions, query.Offset is null));
        using var page = new JsonPage(context, session, wishes.Shape, clocks);
        var loop = new PageLoop(session, clocks.Time, wishes.Wait, planner.Options.MaxFilteredScanBytes);
        var isWhole = await page.ReadAsync(loop, lifetime);
        var (ahead, count) = isWhole ? (null, session.Delivered) : await loop.LookAheadAsync(lifetime);
        var last = ahead ?? page.LastOffset ?? first - 1;
        var tag = EntityTags.OfPage(positions[0].Topic.Incarnation, page.FirstOffset ?? first, last, count);
        if (Revalidation.IsUnchanged(context, tag)) return;
        if (!isWhole && HttpMethods.IsHead(context.Request.Method)) return;
        await SendPageAsync(page, loop, isWhole, lifetime);
        // The log was cut or compacted between the look and the read: this is not the page that its ETag names.
        if (session.Delivered != count || (page.LastOffset ?? last) != last) context.Abort();
    }

    private static async Task SendPageAsync(JsonPage page, PageLoop loop, bool isWhole, ReadLifetime lifetime)
    {
        if (!isWhole) await page.SendRestAsync(loop, lifetime);
        page.Close();
        await page.SendAsync();
    }

    private async Task SendLinesAsync(HttpContext context, ReadSession session, PageLoop loop, ReadWishes wishes, ReadLifetime lifetime)
    {
        using var output = new StreamOutput(context, clocks.Stalls);
        using var dress = new NdjsonDress(output.Buffer, session, wishes.Shape, clocks.Time, context.TraceIdentifier);
        var gaps = new List<ReadNotice>();
        context.Response.ContentType = ContentTypes.NdJson; // a refusal of the first step puts its own in its place
        while (await loop.NextAsync(lifetime))
        {
            while (session.TryRead(out var item))
            {
                if (item.Notice is { } gap) gaps.Add(gap);
                else dress.Record(item);
                if (output.IsLarge) await output.FlushAsync();
            }
        }

        dress.EndPage(gaps);
        await output.FlushAsync();
    }
}
