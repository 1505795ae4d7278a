using RestBroker.Core.Records;

namespace RestBroker.Tests.Server;

/// <summary>The limits of requests and records hold for whole batches too.</summary>
public sealed class BatchLimitTests
{
    [Theory]
    [InlineData("MaxKeyBytes", "4", 413, "record-too-large", "/batches/1/records/1/key")]
    [InlineData("MaxHeadersPerRecord", "1", 413, "record-too-large", "/batches/1/records/1/headers")]
    [InlineData("MaxHeaderBytesPerRecord", "3", 413, "record-too-large", "/batches/1/records/1/headers")]
    public async Task A_record_that_is_too_large_is_named_by_its_batch(string option, string value, int status, string code, string pointer)
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { [option] = value });
        await broker.CreateAsync("orders");
        using var builder = new RecordBatchBuilder(CompressionType.Zstd);
        builder.Append(1, "k"u8.ToArray(), "v"u8.ToArray());
        builder.Append(1, "a long key"u8.ToArray(), "v"u8.ToArray(), [new Header("a"u8.ToArray(), "1"u8.ToArray()), new Header("b"u8.ToArray(), "2"u8.ToArray())]);

        var refused = await broker.PostBatchesAsync([.. BatchBroker.Batch("one"), .. builder.Build().Bytes.Span]);

        Assert.Equal((status, code, pointer), (refused.Status, refused.Code, (string)refused.Json["errors"]![0]!["pointer"]!));
        Assert.Equal(0, await broker.NextOffsetAsync());
    }

    [Theory]
    [InlineData("""{"max.message.bytes":8}""", 413, "record-too-large", "/batches/0/records/1/value")]
    [InlineData("""{"cleanup.policy":"compact"}""", 422, "invalid-record", "/batches/0/records/0/key")]
    public async Task What_the_topic_asks_of_a_record_is_asked_of_those_in_batches(string configs, int status, string code, string pointer)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", configs: configs);
        using var builder = new RecordBatchBuilder();
        builder.Append(1, null, "short"u8.ToArray());
        builder.Append(1, "k"u8.ToArray(), "much longer"u8.ToArray());

        var refused = await broker.PostBatchesAsync(builder.Build().Bytes.ToArray());

        Assert.Equal((status, code, pointer), (refused.Status, refused.Code, (string)refused.Json["errors"]![0]!["pointer"]!));
        Assert.Equal(0, await broker.NextOffsetAsync());
    }

    [Fact]
    public async Task A_request_has_so_many_records_in_all_its_batches()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRecordsPerRequest"] = "3" });
        await broker.CreateAsync("orders");

        var refused = await broker.PostBatchesAsync([.. BatchBroker.Batch("1", "2"), .. BatchBroker.Batch("3", "4")]);
        var taken = await broker.PostBatchesAsync([.. BatchBroker.Batch("1", "2"), .. BatchBroker.Batch("3")]);

        Assert.Equal((413, "request-too-large"), (refused.Status, refused.Code));
        Assert.Equal((200, 3), (taken.Status, await broker.NextOffsetAsync()));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRequestBodyBytes"] = "1024" });
        await broker.CreateAsync("orders");

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch(new string('x', 2000)));

        Assert.Equal((413, "request-too-large"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task What_batches_may_become_when_decompressed_is_bounded_for_all_of_them_together(CompressionType codec)
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRequestBodyBytes"] = "100000", ["MaxDecompressionRatio"] = "1" });
        await broker.CreateAsync("orders");
        // The helper's records have their text twice, as key and as value.
        var batch = BatchBroker.Batch(codec, new string('x', 30_000));

        var refused = await broker.PostBatchesAsync([.. batch, .. batch]);
        var taken = await broker.PostBatchesAsync(batch);

        Assert.Equal((413, "request-too-large"), (refused.Status, refused.Code));
        Assert.StartsWith("Batch 1,", (string)refused.Json["detail"]!, StringComparison.Ordinal);
        Assert.Equal((200, 1), (taken.Status, await broker.NextOffsetAsync()));
    }

    [Fact]
    public async Task A_timestamp_far_ahead_is_refused_whatever_the_header_says()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var ahead = DateTimeOffset.UtcNow.AddHours(3).ToUnixTimeMilliseconds();
        var batch = BatchBroker.Batch(CompressionType.None, (-1, -1, -1), (1, "a"), (ahead, "b"));
        new RecordBatch(batch).StampMaxTimestamp(1);

        var refused = await broker.PostBatchesAsync(batch);

        Assert.Equal((422, "invalid-timestamp", "/batches/0/records/1/timestamp"), (refused.Status, refused.Code, (string)refused.Json["errors"]![0]!["pointer"]!));
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(1L << 62, 1L << 62)]
    public async Task A_timestamp_before_1970_or_one_that_overflows_is_refused(long first, long delta)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var batch = BatchBroker.Batch(CompressionType.None, (-1, -1, -1), (first, "a"), (unchecked(first + delta), "b"));

        var refused = await broker.PostBatchesAsync(batch);

        Assert.Equal((422, "invalid-timestamp"), (refused.Status, refused.Code));
        Assert.Equal(0, await broker.NextOffsetAsync());
    }

    [Fact]
    public async Task One_batch_becomes_no_larger_than_a_request_since_each_of_its_readers_holds_as_much()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRequestBodyBytes"] = "100000" });
        await broker.CreateAsync("orders");

        var refused = await broker.PostBatchesAsync(BatchBroker.Batch(CompressionType.Gzip, new string('x', 60_000)));
        var taken = await broker.PostBatchesAsync(BatchBroker.Batch(CompressionType.Gzip, new string('x', 30_000)));

        Assert.Equal((413, "request-too-large"), (refused.Status, refused.Code));
        Assert.Equal((200, 1), (taken.Status, await broker.NextOffsetAsync()));
    }
}
