using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Endpoints;

/// <summary>Consumer groups from inside: fetch, commit, acknowledge, stream, leave.</summary>
internal static class GroupMemberEndpoints
{
    public static void MapGroupMembers(this IEndpointRouteBuilder api)
    {
        var group = api.MapGroup("/groups/{group}").WithTags("Groups");
        group.MapPost("/fetch", FetchGroupAsync).Produces<FetchGroupResponse>();
        group.MapPost("/commit", CommitGroupAsync);
        group.MapPost("/ack", AckGroupAsync).Produces<AckGroupResponse>(StatusCodes.Status207MultiStatus);
        group.MapGet("/events", TailGroupAsync).Produces<string>(200, ContentTypes.EventStream).Produces(204);
        group.MapDelete("/members/{member}", LeaveGroupAsync);
    }

    /// <summary>
    /// Joins, renews and reads in one call. Without a lease a new one begins under the member's name, keeps what the name owned and fences
    /// the older lease; with it the lease is renewed. Reads from the committed offsets, or from the cursor of the last answer: the broker
    /// keeps no position of a member, so an answer that was lost is fetched again. What the answer's lease no longer names is lost.
    /// </summary>
    /// <remarks>
    /// The query's <c>key</c>, <c>keyPrefix</c> and <c>header.name=value</c> choose records, beside a body too: the cursor goes over what they
    /// leave out, and so does what is committed. A shared group refuses them: what nobody wants would stay in it for ever.
    /// In a shared group each record goes to one member, which holds it for a lease and says by its receipt what became of it
    /// (<c>POST …/ack</c>); what nobody speaks of in time is given out again. There is neither lease nor cursor.
    /// With an empty body and a query it is one line for curl. That creates the group, never a topic, and commits, on disk, before it
    /// answers: every record is given out at most once. In a shared group it accepts the records at once.
    /// </remarks>
    /// <param name="requests">Answers the request.</param>
    /// <param name="shared">Answers it in a shared group.</param>
    /// <param name="lines">Reads the one-liner.</param>
    /// <param name="context">The request.</param>
    /// <param name="group">The group.</param>
    /// <param name="query">Without a body: who fetches, and how much. With one: the filter.</param>
    /// <param name="request">Who fetches, with which lease, and how much.</param>
    [AllowsQueryPrefix(RecordFilter.HeaderPrefix)]
    internal static async Task FetchGroupAsync(
        GroupRequests requests,
        SharedRequests shared,
        GroupOneLiner lines,
        HttpContext context,
        string group,
        [AsParameters] GroupFetchQuery query,
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] FetchGroupRequest? request)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        var fetch = request is null ? await lines.ReadAsync(context, group, query) : lines.Of(context, group, request, query);
        await (lines.IsShared(group) ? shared.FetchAsync(context, fetch) : requests.FetchAsync(context, fetch));
    }

    /// <summary>
    /// Stores positions of the lease's partitions, all or nothing, on disk before it answers. A position at or below the stored one changes
    /// nothing. 409 <c>lease-fenced</c> changes nothing either and carries a cursor of what is still owned, which can be committed as it
    /// stands. A commit does not renew the lease; a fetch does.
    /// </summary>
    internal static async Task<Ok<CommitGroupResponse>> CommitGroupAsync(
        GroupRequests requests, string group, CommitGroupRequest request, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        if (request.Cursor is null == request.Offsets is null)
            throw new BrokerException(BrokerError.InvalidRequest, "Give exactly one of cursor and offsets.");
        var offsets = request.Cursor is null
            ? [.. request.Offsets!.Select(offset => offset.ToCommit())]
            : GroupCursor.Read(request.Cursor, await requests.TopicsAsync(group, cancellationToken));
        var stored = await requests.CommitAsync(group, request.Lease.ToToken(), offsets, cancellationToken);
        return TypedResults.Ok(new CommitGroupResponse([.. stored.Select(offset => offset.ToResponse())]));
    }

    /// <summary>
    /// A member as server-sent events: the connection holds the lease. The first event, <c>lease</c>, is what to commit with; then
    /// records come as they do from a topic's events, and the id of each is the cursor to commit by <c>POST …/commit</c> once it is done.
    /// When the group is shared out anew, <c>revoked</c> names what is lost and another <c>lease</c> what is held. A reconnect goes on
    /// after the last event in what the name held all the time, else at the committed offset. <c>key</c>, <c>keyPrefix</c> and
    /// <c>header.name=value</c> choose records, and the ids go over the others. In a shared group there is no lease: each
    /// record has its receipt, to be acknowledged by <c>POST …/ack</c>, and the stream gives up to 100 that are not.
    /// </summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="group">The group.</param>
    /// <param name="query">Who reads.</param>
    [JoinsGroup]
    [AllowsQueryPrefix(RecordFilter.HeaderPrefix)]
    internal static Task TailGroupAsync(GroupEventRequests requests, HttpContext context, string group, [AsParameters] GroupEventQuery query)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        return requests.StreamAsync(context, group, query);
    }

    /// <summary>
    /// Says what became of records of a shared group, each by itself and on disk before it answers: 200 where all of it holds, 207 where
    /// some receipts do not fit any more. Does not fetch, and needs no member's name: the receipt is proof enough.
    /// </summary>
    internal static async Task<Results<Ok<AckGroupResponse>, JsonHttpResult<AckGroupResponse>>> AckGroupAsync(
        SharedRequests requests, string group, AckGroupRequest request, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        var answer = await requests.AckAsync(group, request, cancellationToken);
        if (answer.Results.All(result => result.Code is null)) return TypedResults.Ok(answer);
        return TypedResults.Json(answer, statusCode: StatusCodes.Status207MultiStatus);
    }

    /// <summary>Ends a member's lease now: its partitions, or the records that it holds in a shared group, are free at once. Needs no lease.</summary>
    internal static async Task<NoContent> LeaveGroupAsync(
        GroupCoordinator coordinator, string group, string member, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        TopicName.RequireMemberOrGroup(member, "member");
        await coordinator.LeaveAsync(group, member, cancellationToken);
        return TypedResults.NoContent();
    }
}
