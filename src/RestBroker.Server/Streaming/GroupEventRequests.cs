using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Answers requests for the event stream of a group's member. As everywhere, a browser that reconnects never sees another status than
/// 200: what is wrong then is said in the stream.
/// </summary>
internal sealed class GroupEventRequests(
    ILogEngine engine,
    GroupCatalog catalog,
    GroupCoordinator coordinator,
    ShareCoordinator shares,
    ReadPlanner planner,
    StreamSlots slots,
    StreamClocks clocks)
{
    private const string LastEventId = "Last-Event-ID";

    /// <summary>Joins and streams.</summary>
    public async Task StreamAsync(HttpContext context, string group, GroupEventQuery query)
    {
        AcceptHeader.Choose(context.Request, ContentTypes.EventStream);
        var lastEventId = context.Request.Headers[LastEventId].ToString();
        if (lastEventId == Cursor.EndText)
        {
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        if (query.Member is not { } member) throw new BrokerException(BrokerError.InvalidRequest, "member is missing: give member=… with a name of your own.");
        var read = new GroupReadQuery { Limit = query.Limit, As = query.As, Key = query.Key, KeyPrefix = query.KeyPrefix };
        var wishes = new ReadWishes(read, context.Request.QueryString, planner.Options);
        using var slot = slots.Take(context.Connection.RemoteIpAddress);
        using var lifetime = ReadLifetime.Of(context);
        using var output = new StreamOutput(context, clocks.Stalls);
        GroupSession? session = null;
        GroupDescription? shared = null;
        BrokerException? refusal = null;
        try
        {
            TopicName.RequireMemberOrGroup(member, "member");
            if (catalog.Describe(group) is { Settings.Mode: GroupMode.Shared } found)
            {
                SharedRequests.RefuseFilter(group, wishes);
                shared = found;
            }
            else
            {
                // Nobody is fenced who shows no lease.
                session = (await coordinator.FetchAsync(group, member, null, context.RequestAborted)).Value!;
            }
        }
        catch (BrokerException e) when (lastEventId.Length > 0 && BrokerErrors.Of(e.Error).Status is not (401 or 403 or 429 or 503))
        {
            refusal = e;
        }

        output.Prepare(ContentTypes.EventStream);
        var stream = new GroupStream(engine, coordinator, output, wishes, clocks);
        if (refusal is not null) await stream.RefuseAsync(refusal, context.TraceIdentifier);
        else if (session is not null) await stream.RunAsync(session, Resumed(session, lastEventId), context.TraceIdentifier, lifetime);
        else
        {
            await new SharedStream(engine, shares, output, wishes, clocks)
                .RunAsync(group, shared!.Epoch, member, context.TraceIdentifier, lifetime);
        }
    }

    // The id counts where nobody else can have had the partition since: the lease that it was sent under was still the name's, and the
    // partition never left it. All else is read from the committed offset, what was committed further on too.
    private static IReadOnlyList<TopicPosition> Resumed(GroupSession session, string lastEventId)
    {
        if (session.TookOver is not var (epoch, kept) || !Cursor.TryParse(lastEventId, out var cursor, out _) || cursor.Epoch != epoch)
            return GroupCursor.Place(session, [], _ => false);
        var counting = kept.ToHashSet<TopicPartition>();
        return GroupCursor.Place(session, cursor.Topics, counting.Contains);
    }
}
