using System.Buffers.Text;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>Takes a request whose body is one record's value. Thread-safe.</summary>
internal sealed class RawRequests(
    ILogEngine engine, TopicAutoCreator topics, SingleRecords single, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    private const string HeaderPrefix = "RB-Header-";

    private static readonly byte[] ContentTypeName = "content-type"u8.ToArray();

    /// <summary>Stores the body under the key and says where.</summary>
    public async Task StoreAsync(HttpContext context, string topic, RawRecordKey key, ProduceOptions produce)
    {
        var idempotencyKey = IdempotencyKey.Of(context.Request, engine, produce.Acks);
        using var work = ProduceWork.Rent();
        var (target, record) = await ReadAsync(context, topic, key, produce.Partition, work);
        using var receipts = await single.StoreAsync(context, target, record, work, new SingleProduce(produce, idempotencyKey, "raw"));
        if (produce.Acks == Acks.None) context.Response.StatusCode = StatusCodes.Status202Accepted;
        else ReceiptAnswer.WriteCreated(context.Response, topic, receipts.Items[0], work.Answer);
    }

    /// <summary>Reads and checks the request's record; its topic, created if missing, once nothing is wrong with it.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(TopicDescription Topic, ProducedRecord Record)> ReadAsync(HttpContext context, string topic, RawRecordKey key, int? partition, ProduceWork work)
    {
        var cancellationToken = context.RequestAborted;
        RequestBody.Decode(context, options.Value);
        RequestBody.RefuseUnheard(context.Request, "Producer-Id", "Producer-Epoch", "Producer-Seq", "If-Match");
        var found = await topics.FindAsync(topic, cancellationToken);
        var (partitionCount, config) = (found?.PartitionCount ?? options.Value.DefaultPartitionCount, found?.Config ?? TopicConfig.Default);
        var maxBytes = Math.Min(config.MaxMessageBytes, options.Value.MaxRequestBodyBytes);
        await RequestBody.ReadAsync(context.Request, work.Body, maxBytes, "the smaller of the topic's max.message.bytes and RestBroker:MaxRequestBodyBytes");
        var record = new ProducedRecord
        {
            Key = Key(key.Text, key.Base64),
            Value = work.Body.Written,
            Headers = Headers(context.Request),
            Timestamp = Timestamp(context.Request),
            Partition = partition,
        };
        RecordRules.Check(record, RecordLimits.Of(options.Value, config), partitionCount, time.GetUtcNow(), work.Faults);
        if (work.Faults.Any) throw work.Faults.ToRefusal();

        var (target, created) = await topics.GetOrCreateAsync(topic, cancellationToken);
        if (created) context.Response.Headers["RB-Topic-Created"] = "true";
        return (target, record);
    }

    internal static ReadOnlyMemory<byte>? Key(string? key, string? keyBase64)
    {
        // Without the cast no key would be an empty array, and that an empty key.
        if (keyBase64 is null) return key is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(key);
        if (key is not null) throw new BrokerException(BrokerError.InvalidRequest, "Give key or keyBase64, not both.");
        // The '+' of base64 is a space by the time a query is read.
        var text = keyBase64.Replace(' ', '+');
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length) + 3];
        if (Convert.TryFromBase64String(text, bytes, out var count)) return bytes.AsMemory(0, count);
        throw new BrokerException(BrokerError.InvalidRequest, "keyBase64 is not base64 (RFC 4648, section 4, with padding).");
    }

    internal static Header[] Headers(HttpRequest request)
    {
        List<Header>? headers = null;
        if (request.ContentType is { Length: > 0 } type && !type.StartsWith(ContentTypes.CurlDefault, StringComparison.OrdinalIgnoreCase))
            headers = [new Header(ContentTypeName, Encoding.UTF8.GetBytes(type))];
        foreach (var (name, values) in request.Headers)
        {
            if (!name.StartsWith(HeaderPrefix, StringComparison.OrdinalIgnoreCase) || name.Length == HeaderPrefix.Length) continue;
            if (values.Count > 1)
                throw new BrokerException(BrokerError.InvalidRequest, $"{name} is given {values.Count} times; a header takes one value here.");
            (headers ??= []).Add(new Header(Encoding.UTF8.GetBytes(name[HeaderPrefix.Length..].ToLowerInvariant()), Encoding.UTF8.GetBytes(values.ToString())));
        }

        return headers is null ? [] : [.. headers];
    }

    internal static long? Timestamp(HttpRequest request)
    {
        var text = request.Headers["RB-Timestamp"].ToString();
        if (text.Length == 0) return null;
        if (TimeText.TryParseAny(text, out var milliseconds)) return milliseconds;
        throw new BrokerException(BrokerError.InvalidRequest, $"RB-Timestamp: {text} is neither an RFC 3339 time nor ms since 1970.");
    }
}

/// <summary>The names in a raw request: those of its record, and its own.</summary>
/// <param name="Text">The record's key as text; null = none.</param>
/// <param name="Base64">The record's key as base64; null = none.</param>
/// <param name="IdempotencyKey">The request's name, so that it can be sent again; null = none.</param>
internal readonly record struct RawRecordKey(string? Text, string? Base64, string? IdempotencyKey);
