using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Endpoints;

/// <summary>Consumer groups from outside: settings, lag, offsets.</summary>
internal static class GroupEndpoints
{
    private const int MaxPage = 10_000;
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapGroups(this IEndpointRouteBuilder api)
    {
        var groups = api.MapGroup("/groups").WithTags("Groups");
        groups.MapGet("", ListGroups);
        groups.MapMethods("/{group}", GetAndHead, GetGroup);
        groups.MapPut("/{group}", PutGroupAsync);
        groups.MapDelete("/{group}", DeleteGroupAsync);
        groups.MapGet("/{group}/lag", GetGroupLagAsync);
        groups.MapPut("/{group}/offsets", ResetGroupOffsetsAsync);
        groups.MapDelete("/{group}/offsets", DeleteGroupOffsetsAsync);
    }

    /// <summary>Lists groups in the order of their names.</summary>
    /// <param name="catalog">The groups.</param>
    /// <param name="response">Carries Link.</param>
    /// <param name="prefix">Only names that begin so.</param>
    /// <param name="limit">At most this many, 1 to 10,000; default 100.</param>
    /// <param name="after">Only names that follow this one: the <c>next</c> of the page before.</param>
    internal static Ok<GroupListResponse> ListGroups(
        GroupCatalog catalog, HttpResponse response, [FromQuery] string? prefix, [FromQuery] int? limit, [FromQuery] string? after)
    {
        var page = catalog.List(new GroupQuery(prefix ?? "", after, Ranges.Check("limit", limit, 1, MaxPage, 100)));
        var next = page.HasMore ? page.Groups[^1].Group : null;
        if (next is not null) response.Headers.Link = $"</v1/groups{QueryString.Create(NextPage())}>; rel=\"next\"";
        return TypedResults.Ok(new GroupListResponse([.. page.Groups.Select(group => group.ToSummary())], next));

        IEnumerable<KeyValuePair<string, string?>> NextPage()
        {
            if (!string.IsNullOrEmpty(prefix)) yield return new("prefix", prefix);
            if (limit is not null) yield return new("limit", $"{limit}");
            yield return new("after", next);
        }
    }

    /// <summary>Describes a group: settings, epoch, and who owns what.</summary>
    internal static Results<Ok<GroupResponse>, StatusCodeHttpResult> GetGroup(GroupCatalog catalog, HttpContext context, string group)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        var found = catalog.Describe(group);
        var tag = EntityTags.Of(found);
        context.Response.Headers.ETag = tag;
        if (EntityTags.IsNoneMatch(context.Request.Headers.IfNoneMatch, tag)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        return TypedResults.Ok(found.ToResponse());
    }

    /// <summary>
    /// Creates a group (201), or gives it the settings named (200); what is not named stays. A fetch with <c>autoCommit</c> creates a
    /// group too.
    /// </summary>
    internal static async Task<Results<Created<GroupResponse>, Ok<GroupResponse>>> PutGroupAsync(
        GroupCatalog catalog, HttpResponse response, string group, PutGroupRequest request, CancellationToken cancellationToken)
    {
        var (found, isCreated) = await catalog.PutAsync(group, request.ToSpec(), cancellationToken);
        response.Headers.ETag = EntityTags.Of(found);
        if (isCreated) return TypedResults.Created($"/v1/groups/{group}", found.ToResponse());
        return TypedResults.Ok(found.ToResponse());
    }

    /// <summary>Deletes a group and its committed offsets. Refused while members hold a lease.</summary>
    internal static async Task<NoContent> DeleteGroupAsync(GroupCatalog catalog, string group, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        await catalog.DeleteAsync(group, cancellationToken);
        return TypedResults.NoContent();
    }

    /// <summary>How far the group is behind, by topic and partition, and how old the oldest record is that it has not read.</summary>
    internal static async Task<Ok<GroupLagResponse>> GetGroupLagAsync(
        GroupOffsets offsets, TimeProvider time, string group, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        return TypedResults.Ok((await offsets.LagWithAgesAsync(group, cancellationToken)).ToResponse(time.GetUtcNow()));
    }

    /// <summary>
    /// Moves the group's committed offsets, backwards too. Refused while members hold a lease, unless forced: their leases are then fenced.
    /// </summary>
    /// <param name="catalog">The groups.</param>
    /// <param name="offsets">Their offsets.</param>
    /// <param name="group">The group.</param>
    /// <param name="request">Where to.</param>
    /// <param name="ifMatch">The group's ETag, or <c>*</c>; required but for a dry run.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<ResetOffsetsResponse>> ResetGroupOffsetsAsync(
        GroupCatalog catalog,
        GroupOffsets offsets,
        string group,
        ResetOffsetsRequest request,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        if (request.To is null == request.Offsets is null || (request.Topic is not null && request.To is null))
            throw new BrokerException(BrokerError.InvalidRequest, "Give exactly one of to and offsets, and topic only with to.");
        var moved = await offsets.ResetAsync(group, new OffsetReset
        {
            To = request.To?.ToStart("to"),
            Topic = request.Topic,
            Offsets = [.. (request.Offsets ?? []).Select(offset => offset.ToCommit())],
            ExpectedEpoch = request.DryRun ? null : ExpectedEpoch(catalog.Describe(group), ifMatch),
            DryRun = request.DryRun,
            Force = request.Force,
        }, cancellationToken);
        return TypedResults.Ok(new ResetOffsetsResponse([.. moved.Select(offset => offset.ToResponse())], request.DryRun));
    }

    /// <summary>
    /// Forgets the group's committed offsets: it begins anew where its settings say. The group stays. Refused while members hold a lease.
    /// </summary>
    /// <param name="catalog">The groups.</param>
    /// <param name="offsets">Their offsets.</param>
    /// <param name="group">The group.</param>
    /// <param name="ifMatch">The group's ETag, or <c>*</c>; required.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<NoContent> DeleteGroupOffsetsAsync(
        GroupCatalog catalog, GroupOffsets offsets, string group, [FromHeader(Name = "If-Match")] string? ifMatch, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(group, "group");
        await offsets.ForgetAsync(group, ExpectedEpoch(catalog.Describe(group), ifMatch), cancellationToken);
        return TypedResults.NoContent();
    }

    // Compared once more, with the epoch, in the step that moves the offsets.
    private static int? ExpectedEpoch(GroupDescription group, string? ifMatch)
    {
        if (string.IsNullOrEmpty(ifMatch))
        {
            throw new BrokerException(
                BrokerError.PreconditionRequired, $"Send If-Match with the ETag of GET /v1/groups/{group.Group}, or If-Match: *; a reset can be tried with dryRun.");
        }

        var tag = EntityTags.Of(group);
        if (!EntityTags.IsMatch(ifMatch, tag))
        {
            throw new BrokerException(
                BrokerError.PreconditionFailed, $"Group '{group.Group}' was changed meanwhile: its ETag is {tag}. Look at it and decide again.")
            {
                Members = new Dictionary<string, object> { ["etag"] = tag },
            };
        }

        return ifMatch == "*" ? null : group.Epoch;
    }
}
