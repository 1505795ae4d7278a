using System.Text.Json;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Streaming;

/// <summary>Answers for single records: as JSON, or the bytes of the value.</summary>
internal sealed class RecordRequests(ILogEngine engine, IOptions<RestBrokerOptions> options)
{
    // A record that was written a moment ago is committed within a sync; whoever asks for it by its offset waits for that.
    private static readonly TimeSpan MaxCommitWait = TimeSpan.FromSeconds(10);

    /// <summary>Sends a record as JSON.</summary>
    public Task SendAsync(HttpContext context, TopicPartition place, long offset, RecordFormat? forced) =>
        WithRecordAsync(context, place, offset, record => WriteJsonAsync(context.Response, place, record, forced));

    /// <summary>Sends the bytes of a record's value.</summary>
    public Task SendValueAsync(HttpContext context, TopicPartition place, long offset) =>
        WithRecordAsync(context, place, offset, record => RawValue.WriteAsync(context.Response, place, record, options.Value.MaxValueDepth));

    private async Task WithRecordAsync(HttpContext context, TopicPartition place, long offset, Func<Record, Task> send)
    {
        var (aborted, name) = (context.RequestAborted, place.Topic);
        var topic = await engine.GetTopicAsync(name, aborted);
        topic.RequirePartition(place.Partition);
        if (offset < 0) throw new BrokerException(BrokerError.InvalidRange, $"Offset {offset}: offsets begin at 0.");
        using var lifetime = ReadLifetime.Of(context);
        using var found = await FindAsync(place, offset, topic.TopicId, lifetime);
        var entry = found.Partitions[0];
        if (entry.Error != BrokerError.None) throw ReadRefusals.Of(entry, name, offset);
        if (offset >= entry.NextOffset) throw ReadRefusals.BeyondEnd(place, offset, entry.NextOffset);
        if (offset >= entry.HighWatermark) throw ReadRefusals.NotCommitted(place, offset);

        using var walk = new BatchWalk();
        walk.Begin(entry, offset);
        var isThere = walk.TryRead(out var record, out var corrupt) && record.Offset == offset;
        if (corrupt is { } range) throw ReadRefusals.Corrupt(place, range);
        if (!isThere) throw ReadRefusals.NoRecord(topic, place, offset);
        if (Revalidation.IsUnchanged(context, EntityTags.OfRecord(topic.Incarnation, place.Partition, offset))) return;
        await send(record);
    }

    // Beyond the end there is nothing to wait for; between the high watermark and the end there is.
    private async ValueTask<FetchResult> FindAsync(TopicPartition place, long offset, Guid topicId, ReadLifetime lifetime)
    {
        var request = new FetchRequest { Partitions = [new FetchPartition(place, offset, topicId)], MaxBytes = 1, MinBytes = 0 };
        var found = await engine.FetchAsync(request, lifetime.Token);
        var entry = found.Partitions[0];
        if (entry.Error != BrokerError.None || offset < entry.HighWatermark || offset >= entry.NextOffset) return found;
        found.Dispose();
        return await engine.FetchAsync(request with { MinBytes = 1, MaxWait = MaxCommitWait }, lifetime.Token);
    }

    private async Task WriteJsonAsync(HttpResponse response, TopicPartition place, Record record, RecordFormat? forced)
    {
        using var body = new PooledBuffer();
        await using (var json = new Utf8JsonWriter(body, ApiJson.WriterOptions))
        {
            RecordJson.Write(json, place.Topic, place.Partition, record, new RecordShape(forced, options.Value.MaxValueDepth));
        }

        response.ContentType = ContentTypes.Json;
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body.Written);
    }
}
