using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Server;

/// <summary>Whole record batches into a partition.</summary>
public sealed class BatchProduceTests
{
    [Fact]
    public async Task Batches_are_stored_as_they_came_and_answered_with_a_receipt_each()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "before");
        var batch = BatchBroker.Batch("one", "two");
        new RecordBatch(batch).StampPlace(baseOffset: 77, leaderEpoch: 5);

        var stored = await broker.PostBatchesAsync([.. batch, .. BatchBroker.Batch(CompressionType.Zstd, "three")]);

        Assert.Equal(
            """{"batches":[{"partition":0,"baseOffset":1,"lastOffset":2,"count":2,"timestamp":1700000000001,"duplicate":false},{"partition":0,"baseOffset":3,"lastOffset":3,"count":1,"timestamp":1700000000000,"duplicate":false}],"duplicate":false}""",
            stored.Body);
        Assert.Equal(["0@0", "0@1", "0@2", "0@3"], (await broker.PageAsync(BatchBroker.Path)).Places);
        Assert.Equal(["before", "one", "two", "three"], (await broker.PageAsync(BatchBroker.Path)).Texts);
        var (_, bytes) = await broker.GetBatchesAsync("?offset=1");
        Assert.Equal(BatchBroker.WithoutPlaces([.. batch, .. BatchBroker.Batch(CompressionType.Zstd, "three")]), BatchBroker.WithoutPlaces(bytes));
    }

    [Fact]
    public async Task What_is_read_out_of_one_topic_goes_into_another_byte_for_byte()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.CreateAsync("copy");
        foreach (var codec in Enum.GetValues<CompressionType>())
            Assert.Equal(200, (await broker.PostBatchesAsync(BatchBroker.Batch(codec, $"{codec}", new string('x', 1000)))).Status);
        // Values that need the broker's own header to come back as they were sent.
        await broker.ProduceAsync("orders", ["""{"key":"k","value":42,"headers":[["n","v"],["n",null]]}""", """{"key":"k","value":null}""", """{"base64":"gA=="}"""]);
        var (_, original) = await broker.GetBatchesAsync();

        var poured = await broker.PostBatchesAsync(original, path: "/v1/topics/copy/partitions/0/records");

        Assert.Equal(200, poured.Status);
        var (_, copy) = await broker.GetBatchesAsync(path: "/v1/topics/copy/partitions/0/records");
        Assert.Equal(BatchBroker.WithoutPlaces(original), BatchBroker.WithoutPlaces(copy));
        Assert.Equal(
            (await broker.GetAsync("/v1/topics/orders/records")).Json["records"]!.ToJsonString(),
            (await broker.GetAsync("/v1/topics/copy/records")).Json["records"]!.ToJsonString().Replace("\"copy\"", "\"orders\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_topic_with_a_codec_of_its_own_brings_batches_to_it()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", configs: """{"compression.type":"zstd"}""");

        var stored = await broker.PostBatchesAsync([.. BatchBroker.Batch(CompressionType.Gzip, "one", "two"), .. BatchBroker.Batch("three")]);

        Assert.Equal(200, stored.Status);
        var (_, bytes) = await broker.GetBatchesAsync();
        Assert.All(BatchBroker.Split(bytes), batch => Assert.Equal(CompressionType.Zstd, batch.Compression));
        Assert.Equal(["one", "two", "three"], (await broker.PageAsync(BatchBroker.Path)).Texts);
    }

    [Fact]
    public async Task Timestamps_are_kept_or_become_the_time_of_the_append_as_the_topic_says()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("orders", configs: """{"message.timestamp.type":"LogAppendTime"}""");
        await broker.CreateAsync("kept");
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var batch = BatchBroker.Batch(CompressionType.Lz4, (-1, -1, -1), (5, "a"), (7, "b"), (6, "c"));

        var appended = await broker.PostBatchesAsync(batch);
        var kept = await broker.PostBatchesAsync(batch, path: "/v1/topics/kept/partitions/0/records");

        Assert.Equal((now, 7), ((long)appended.Json["batches"]![0]!["timestamp"]!, (long)kept.Json["batches"]![0]!["timestamp"]!));
        Assert.Equal([now, now, now], (await broker.PageAsync(BatchBroker.Path)).Records.Select(record => (long)record["timestamp"]!));
        Assert.Equal([5, 7, 6], (await broker.PageAsync("/v1/topics/kept/records")).Records.Select(record => (long)record["timestamp"]!));
    }

    [Fact]
    public async Task A_greatest_timestamp_that_is_not_that_of_the_records_is_corrected()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var batch = BatchBroker.Batch("one", "two");
        new RecordBatch(batch).StampMaxTimestamp(long.MaxValue);

        var stored = await broker.PostBatchesAsync(batch);

        Assert.Equal(1_700_000_000_001, (long)stored.Json["batches"]![0]!["timestamp"]!);
        var (_, bytes) = await broker.GetBatchesAsync();
        Assert.Equal(1_700_000_000_001, Assert.Single(BatchBroker.Split(bytes)).MaxTimestamp);
    }

    [Fact]
    public async Task Without_acks_the_answer_tells_no_offsets()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var none = await broker.PostBatchesAsync(BatchBroker.Batch("one"), "?acks=none");
        var leader = await broker.PostBatchesAsync(BatchBroker.Batch("two"), "?acks=leader");

        Assert.Equal((202, """{"batches":[],"duplicate":false}"""), (none.Status, none.Body));
        Assert.Equal((200, 1), (leader.Status, (long)leader.Json["batches"]![0]!["baseOffset"]!));
    }

    [Fact]
    public async Task A_body_may_be_encoded_for_the_way()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        using var encoded = new MemoryStream();
        await using (var gzip = new GZipStream(encoded, CompressionLevel.Fastest, leaveOpen: true)) await gzip.WriteAsync(BatchBroker.Batch("one"));

        var stored = await broker.PostBatchesAsync(encoded.ToArray(), headers: ("Content-Encoding", "gzip"));

        Assert.Equal(200, stored.Status);
        Assert.Equal(["one"], (await broker.PageAsync(BatchBroker.Path)).Texts);
    }

    [Fact]
    public async Task A_conditional_append_takes_one_batch()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var tag = (await broker.GetAsync("/v1/topics/orders/partitions/0")).ETag!;

        var two = await broker.PostBatchesAsync([.. BatchBroker.Batch("a"), .. BatchBroker.Batch("b")], headers: ("If-Match", tag));
        var first = await broker.PostBatchesAsync(BatchBroker.Batch("a"), headers: ("If-Match", tag));
        var late = await broker.PostBatchesAsync(BatchBroker.Batch("b"), headers: ("If-Match", tag));

        Assert.Equal((422, "not-supported-by-engine"), (two.Status, two.Code));
        Assert.Equal(200, first.Status);
        Assert.Equal((412, "precondition-failed"), (late.Status, late.Code));
        Assert.Equal((await broker.GetAsync("/v1/topics/orders/partitions/0")).ETag, late.ETag);
        Assert.Equal(1, await broker.NextOffsetAsync());
    }

    [Theory]
    [InlineData("?partial=true", BatchBroker.Path, 400, "invalid-request")]
    [InlineData("?receipts=each", BatchBroker.Path, 400, "invalid-request")]
    [InlineData("?acks=some", BatchBroker.Path, 400, "invalid-request")]
    [InlineData("", "/v1/topics/nowhere/partitions/0/records", 404, "unknown-topic-or-partition")]
    [InlineData("", "/v1/topics/orders/partitions/9/records", 404, "unknown-topic-or-partition")]
    [InlineData("", "/v1/topics/__metadata/partitions/0/records", 422, "reserved-name")]
    [InlineData("", "/v1/topics/orders/records", 415, "unsupported-media-type")]
    public async Task What_batches_cannot_be_asked_for_is_refused(string query, string path, int status, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch("one"), query, path);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.Equal(0, await broker.NextOffsetAsync());
    }

    [Fact]
    public async Task A_refused_media_type_names_those_that_are_taken()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var refused = await broker.PostAsync(BatchBroker.Path, "x", "text/plain");

        Assert.Equal(415, refused.Status);
        foreach (var type in new[] { "application/json", "application/x-ndjson", BatchBroker.MediaType })
            Assert.Contains(type, (string)refused.Json["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DropProducer_is_for_batches()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var refused = await broker.PostAsync($"{BatchBroker.Path}?dropProducer=true", """{"records":[{"text":"one"}]}""");

        Assert.Equal((400, "invalid-request"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task OpenAPI_shows_batches_as_bytes_in_both_directions_and_both_kinds_of_receipts()
    {
        await using var broker = TestBroker.Start();

        var document = (await broker.GetAsync("/openapi/v1.json")).Json;

        var operations = document["paths"]!["/v1/topics/{topic}/partitions/{partition}/records"]!;
        Assert.Equal("binary", (string)Schema(operations["post"]!["requestBody"]!, BatchBroker.MediaType)["format"]!);
        Assert.Equal("binary", (string)Schema(operations["get"]!["responses"]!["200"]!, BatchBroker.MediaType)["format"]!);
        var answers = Schema(operations["post"]!["responses"]!["200"]!, "application/json")["anyOf"]!.AsArray();
        Assert.Equal(["#/components/schemas/ProduceResponse", "#/components/schemas/ProduceBatchesResponse"], answers.Select(answer => (string)answer!["$ref"]!));
        Assert.NotNull(document["components"]!["schemas"]!["ProduceBatchesResponse"]!["properties"]!["batches"]);

        static JsonNode Schema(JsonNode part, string type) => part["content"]![type]!["schema"]!;
    }
}
