using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;
using RestBroker.Server.Producing;

namespace RestBroker.Server.Endpoints;

/// <summary>Topics: create, change, list, describe, delete.</summary>
internal static class TopicEndpoints
{
    private const int MaxPage = 10_000;
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapTopics(this IEndpointRouteBuilder api)
    {
        var topics = api.MapGroup("/topics").WithTags("Topics");
        topics.MapGet("", ListTopicsAsync);
        topics.MapPost("", CreateTopicAsync);
        topics.MapMethods("/{topic}", GetAndHead, GetTopicAsync);
        topics.MapPut("/{topic}", PutTopicAsync);
        topics.MapPatch("/{topic}", PatchTopicAsync).Accepts<PatchTopicRequest>(ContentTypes.Json, ContentTypes.MergePatch);
        topics.MapDelete("/{topic}", DeleteTopicAsync);
    }

    /// <summary>Lists topics in the order of their names.</summary>
    /// <param name="engine">The log.</param>
    /// <param name="response">Carries Link.</param>
    /// <param name="prefix">Only names that begin so.</param>
    /// <param name="limit">At most this many, 1 to 10,000; default 100.</param>
    /// <param name="after">Only names that follow this one: the <c>next</c> of the page before.</param>
    /// <param name="internal">Whether the broker's own topics are listed too.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<TopicListResponse>> ListTopicsAsync(
        ILogEngine engine,
        HttpResponse response,
        [FromQuery] string? prefix,
        [FromQuery] int? limit,
        [FromQuery] string? after,
        [FromQuery] bool? @internal,
        CancellationToken cancellationToken)
    {
        var page = await engine.ListTopicsAsync(
            new TopicQuery(prefix ?? "", after, Ranges.Check("limit", limit, 1, MaxPage, 100), @internal ?? false), cancellationToken);
        var next = page.HasMore ? page.Topics[^1].Name : null;
        if (next is not null) response.Headers.Link = $"</v1/topics{QueryString.Create(NextPage())}>; rel=\"next\"";
        return TypedResults.Ok(new TopicListResponse([.. page.Topics.Select(topic => topic.ToResponse())], next));

        IEnumerable<KeyValuePair<string, string?>> NextPage()
        {
            if (!string.IsNullOrEmpty(prefix)) yield return new("prefix", prefix);
            if (limit is not null) yield return new("limit", $"{limit}");
            if (@internal is true) yield return new("internal", "true");
            yield return new("after", next);
        }
    }

    /// <summary>Creates a topic under the name in the body.</summary>
    internal static async Task<Created<TopicResponse>> CreateTopicAsync(
        ILogEngine engine, TopicAutoCreator topics, HttpResponse response, CreateTopicRequest request, CancellationToken cancellationToken)
    {
        var topic = await topics.CreateAsync(request.ToSpec(), cancellationToken);
        response.Headers.ETag = EntityTags.Of(topic);
        return TypedResults.Created($"/v1/topics/{topic.Name}", topic.ToResponse());
    }

    /// <summary>Describes a topic: settings, partitions and where they live.</summary>
    internal static async Task<Results<Ok<TopicResponse>, StatusCodeHttpResult>> GetTopicAsync(
        ILogEngine engine, HttpContext context, string topic, CancellationToken cancellationToken)
    {
        var found = await engine.GetTopicAsync(topic, cancellationToken);
        var tag = EntityTags.Of(found);
        context.Response.Headers.ETag = tag;
        if (EntityTags.IsNoneMatch(context.Request.Headers.IfNoneMatch, tag)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        return TypedResults.Ok(found.ToResponse());
    }

    /// <summary>
    /// Creates a topic, or finds that it is already as wished: 200 if every member given equals the topic's, 409 with the differences if not.
    /// It never changes a topic. No body means defaults.
    /// </summary>
    /// <param name="topics">Creates it.</param>
    /// <param name="response">Carries the ETag.</param>
    /// <param name="topic">The topic's name.</param>
    /// <param name="request">What is wished.</param>
    /// <param name="ifNoneMatch"><c>*</c>: only create, 412 if it exists.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Results<Created<TopicResponse>, Ok<TopicResponse>>> PutTopicAsync(
        TopicAutoCreator topics,
        HttpResponse response,
        string topic,
        [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] PutTopicRequest? request,
        [FromHeader(Name = "If-None-Match")] string? ifNoneMatch,
        CancellationToken cancellationToken)
    {
        var wish = request.ToSpec(topic);
        var (found, isCreated) = await topics.GetOrCreateAsync(wish, cancellationToken);
        response.Headers.ETag = EntityTags.Of(found);
        if (isCreated) return TypedResults.Created($"/v1/topics/{found.Name}", found.ToResponse());
        if (EntityTags.IsNoneMatch(ifNoneMatch, EntityTags.Of(found)))
            throw new BrokerException(BrokerError.PreconditionFailed, $"Topic {topic} exists, and If-None-Match asks that it does not.");
        var differences = found.Differences(wish);
        if (differences.Count == 0) return TypedResults.Ok(found.ToResponse());
        throw new BrokerException(
            BrokerError.TopicAlreadyExists, $"Topic {topic} exists with other settings; PATCH changes a topic.")
        { Errors = differences };
    }

    /// <summary>Changes settings, or adds partitions. If-Match is required.</summary>
    /// <param name="engine">The log.</param>
    /// <param name="response">Carries the new ETag.</param>
    /// <param name="topic">The topic's name.</param>
    /// <param name="request">What to change.</param>
    /// <param name="ifMatch">The topic's ETag, so that nobody else's change is undone, or <c>*</c> to change it as it is now.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    internal static async Task<Ok<TopicResponse>> PatchTopicAsync(
        ILogEngine engine,
        HttpResponse response,
        string topic,
        PatchTopicRequest request,
        [FromHeader(Name = "If-Match")] string? ifMatch,
        CancellationToken cancellationToken)
    {
        Reserved.Refuse(topic);
        var found = await engine.GetTopicAsync(topic, cancellationToken);
        if (ifMatch is null)
        {
            throw new BrokerException(
                BrokerError.PreconditionRequired, "Send If-Match with the topic's ETag, so that nobody else's change is undone, or If-Match: * to change it as it is.");
        }

        if (!EntityTags.IsMatch(ifMatch, EntityTags.Of(found))) throw Stale(found);
        var expected = ifMatch == "*" ? (long?)null : found.Version;
        var changed = await engine.AlterTopicAsync(
            new TopicAlteration(topic, request.PartitionCount, TopicMapping.Texts(request.Configs), expected, found.TopicId), cancellationToken);
        response.Headers.ETag = EntityTags.Of(changed);
        return TypedResults.Ok(changed.ToResponse());
    }

    /// <summary>Deletes a topic, its records and every group's committed offsets in it.</summary>
    internal static async Task<NoContent> DeleteTopicAsync(TopicAutoCreator topics, string topic, CancellationToken cancellationToken)
    {
        await topics.DeleteAsync(topic, cancellationToken);
        return TypedResults.NoContent();
    }

    private static BrokerException Stale(TopicDescription topic) =>
        new(BrokerError.PreconditionFailed, $"Topic {topic.Name} was changed meanwhile: its ETag is {EntityTags.Of(topic)}. Read it and decide again.")
        {
            Members = new Dictionary<string, object> { ["etag"] = EntityTags.Of(topic) },
        };
}
