using System.Globalization;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Answers a fetch from one partition with the batches as they lie in the log, as Kafka's Fetch does: the first is the one that holds the
/// offset and may begin before it; at least one whatever its size; none above the high watermark. Thread-safe.
/// </summary>
internal sealed class BatchFetches(ILogEngine engine, ReadPlanner planner, StreamClocks clocks)
{
    /// <summary>The offset behind the last batch: where to go on.</summary>
    public const string NextOffsetHeader = "RB-Next-Offset";

    /// <summary>One past the last committed offset, when the batches were read.</summary>
    public const string HighWatermarkHeader = "RB-High-Watermark";

    /// <summary>The same place as a cursor of the topic.</summary>
    public const string CursorHeader = "RB-Cursor";

    /// <summary>Sends a page of batches.</summary>
    public async Task SendAsync(HttpContext context, TopicPartition place, PartitionFetchQuery query)
    {
        var wishes = new ReadWishes(query, context.Request.QueryString, planner.Options);
        RefuseUnheard(context.Request, query);
        var positions = await planner.StartAsync([place.Topic], PartitionChoice.Only(place.Partition), StartPosition.Earliest, context.RequestAborted);
        var position = positions[0];
        if (query.Offset is { } offset) position.MoveTo(place.Partition, offset);

        using var lifetime = ReadLifetime.Of(context);
        var request = new FetchRequest
        {
            Partitions = [new FetchPartition(place, position.NextOffset(place.Partition), position.Topic.TopicId)],
            MaxBytes = wishes.PageBytes,
            MaxWait = wishes.Wait,
            MinBytes = wishes.Wait > TimeSpan.Zero ? 1 : 0,
        };
        using var found = await ReadAsync(position, request, query.Clamp is true || query.Offset is null, lifetime);
        var page = new BatchPage(found.Partitions[0].Batches, position.NextOffset(place.Partition));
        position.MoveTo(place.Partition, page.NextOffset);

        var response = context.Response;
        response.Headers[NextOffsetHeader] = page.NextOffset.ToString(CultureInfo.InvariantCulture);
        response.Headers[HighWatermarkHeader] = found.Partitions[0].HighWatermark.ToString(CultureInfo.InvariantCulture);
        response.Headers[CursorHeader] = Cursor.Format([position.Cursor]);
        if (Revalidation.IsUnchanged(context, EntityTags.OfBatches(position.Topic.Incarnation, page.FirstOffset, page.NextOffset, page.Fingerprint))) return;
        await SendAsync(context, page.Bytes, found);
    }

    // The position goes where the request has to begin.
    private async ValueTask<FetchResult> ReadAsync(TopicPosition position, FetchRequest request, bool clamp, ReadLifetime lifetime)
    {
        while (true)
        {
            var (place, offset, _) = request.Partitions[0];
            var found = await engine.FetchAsync(request, lifetime.Token);
            var entry = found.Partitions[0];
            // What lies before damage is given first; the next fetch begins with the damage and says so.
            if (entry.Error == BrokerError.None || !entry.Batches.IsEmpty) return found;
            found.Dispose();
            long? moved = entry.Error switch
            {
                BrokerError.OffsetTrimmed when clamp => entry.LogStartOffset,
                BrokerError.OffsetOutOfRange when clamp => entry.HighWatermark,
                _ => null,
            };
            if (moved is null || moved == offset) throw ReadRefusals.Of(entry, place.Topic, offset);
            position.MoveTo(place.Partition, moved.Value);
            request = request with { Partitions = [request.Partitions[0] with { Offset = moved.Value }] };
        }
    }

    private async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> batches, FetchResult found)
    {
        var response = context.Response;
        // What users stored must not run in a browser as if it were the broker's.
        response.Headers.ContentDisposition = "attachment";
        response.ContentType = ContentTypes.RecordBatches;
        response.ContentLength = batches.Length;
        if (batches.Length >= Turns.PieceSize) await Turns.PassAsync(); // it took as long to read them
        using var output = new PageOutput(context, clocks.Stalls);
        await output.WriteAsync(batches, found);
    }

    // Batches are given whole or not at all: what looks into them would go unheard.
    private static void RefuseUnheard(HttpRequest request, PartitionFetchQuery query)
    {
        var unheard = query.Limit is not null ? "limit"
            : query.Key is not null ? "key"
            : query.KeyPrefix is not null ? "keyPrefix"
            : query.As is not null ? "as"
            : request.Query.Keys.FirstOrDefault(name => name.StartsWith(RecordFilter.HeaderPrefix, StringComparison.OrdinalIgnoreCase));
        if (unheard is null) return;
        throw new BrokerException(
            BrokerError.InvalidRequest, $"{unheard} chooses among records or shows them; record batches are given whole, as they are stored. Leave it out (maxBytes bounds the answer), or accept {ContentTypes.Json}.");
    }
}
