using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RestBroker.Core.Errors;
using RestBroker.Server.Contracts;
using RestBroker.Server.Producing;

namespace RestBroker.Server.Endpoints;

/// <summary>The latest value of each key of a compacted topic, as a resource.</summary>
internal static class ValueEndpoints
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void MapValues(this IEndpointRouteBuilder api)
    {
        var value = api.MapGroup("/topics/{topic}/value").WithTags("Values");
        value.MapMethods("", GetAndHead, GetLatestValueAsync);
        value.MapPut("", PutValueAsync).Accepts<string>("*/*");
        value.MapDelete("", DeleteValueAsync);
    }

    /// <summary>
    /// Reads the latest value of a key in a compacted topic: its bytes, with the Content-Type they were produced with, as a sandboxed download.
    /// The ETag names the record; If-None-Match makes it 304. 404 where the key was never stored or was deleted.
    /// </summary>
    /// <param name="requests">Answers the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic, which must be compacted.</param>
    /// <param name="key">The key.</param>
    /// <param name="keyBase64">The key as base64.</param>
    internal static Task GetLatestValueAsync(
        ValueRequests requests, HttpContext context, string topic, [FromQuery] string? key, [FromQuery] string? keyBase64) =>
        requests.SendAsync(context, topic, Key(key, keyBase64));

    /// <summary>
    /// Stores the body as the value of a key, whatever its bytes; headers, type and time as with <c>/raw</c>. With If-Match and the ETag of the
    /// value only if that is still the latest (compare and set), with <c>If-None-Match: *</c> only if the key has no value; else 412 with
    /// the ETag of the value there is.
    /// </summary>
    /// <param name="requests">Takes the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic, which must exist and be compacted.</param>
    /// <param name="key">The key.</param>
    /// <param name="keyBase64">The key as base64.</param>
    /// <param name="acks">When the answer is sent: <c>all</c> (committed, default), <c>leader</c> (written), <c>none</c> (202).</param>
    /// <param name="condition">The preconditions.</param>
    internal static Task<Results<Created<ReceiptResponse>, Accepted>> PutValueAsync(
        ValueRequests requests,
        HttpContext context,
        string topic,
        [FromQuery] string? key,
        [FromQuery] string? keyBase64,
        [FromQuery] string? acks,
        [AsParameters] KeyPreconditions condition) =>
        requests.PutAsync(context, topic, Key(key, keyBase64), AcksText.Parse(acks));

    /// <summary>Deletes a key by storing a record without a value; the same preconditions as for storing one.</summary>
    /// <param name="requests">Takes the request.</param>
    /// <param name="context">The request.</param>
    /// <param name="topic">The topic, which must exist and be compacted.</param>
    /// <param name="key">The key.</param>
    /// <param name="keyBase64">The key as base64.</param>
    /// <param name="acks">When the answer is sent: <c>all</c> (committed, default), <c>leader</c> (written), <c>none</c> (202).</param>
    /// <param name="condition">The preconditions.</param>
    internal static Task<Results<Created<ReceiptResponse>, Accepted>> DeleteValueAsync(
        ValueRequests requests,
        HttpContext context,
        string topic,
        [FromQuery] string? key,
        [FromQuery] string? keyBase64,
        [FromQuery] string? acks,
        [AsParameters] KeyPreconditions condition) =>
        requests.DeleteAsync(context, topic, Key(key, keyBase64), AcksText.Parse(acks));

    private static ReadOnlyMemory<byte> Key(string? key, string? keyBase64) =>
        RawRequests.Key(key, keyBase64) ?? throw new BrokerException(BrokerError.InvalidRequest, "Give the key as key, or as keyBase64.");
}

/// <summary>The preconditions of a change of a value; they are read from the request's headers.</summary>
/// <param name="IfMatch">The ETag of the value that is to be replaced, or <c>*</c> for whichever there is.</param>
/// <param name="IfNoneMatch"><c>*</c>: store only if the key has no value.</param>
internal sealed record KeyPreconditions(
    [property: FromHeader(Name = "If-Match")] string? IfMatch, [property: FromHeader(Name = "If-None-Match")] string? IfNoneMatch);
