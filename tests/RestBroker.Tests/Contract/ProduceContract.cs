using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do with what is produced.</summary>
public abstract class ProduceContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_record_from_the_far_future_is_refused()
    {
        await CreateAsync("orders", 1);
        var tooFar = Time.GetUtcNow().AddMinutes(61).ToUnixTimeMilliseconds();

        Assert.Equal(BrokerError.InvalidTimestamp, await ErrorOf(() => ProduceAtAsync("orders", 0, tooFar)));
    }

    [Fact]
    public async Task Log_append_time_replaces_the_producers()
    {
        await Engine.CreateTopicAsync(
            new TopicSpec("orders", 1, null, new Dictionary<string, string> { ["message.timestamp.type"] = "LogAppendTime" }), default);

        var result = await ProduceAtAsync("orders", 0, 1_000);

        var now = Time.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.Equal(now, result.LogAppendTime);
        Assert.Equal([new ListedOffset(0, 0, now)], await Engine.ListOffsetsAsync("orders", OffsetSpec.At(2_000), default));
    }

    [Fact]
    public async Task A_conditional_append_needs_the_log_end_that_it_names()
    {
        if (!Engine.Features.HasFlag(EngineFeatures.ConditionalAppend)) return;
        await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "one");

        using var builder = Batch("two");
        var right = new ProduceRequest(new("orders", 0), builder.Build(), Acks.All, ExpectedNextOffset: 1);
        Assert.Equal(1, (await Engine.ProduceAsync(right, default)).BaseOffset);
        var miss = await Assert.ThrowsAsync<BrokerException>(() => Engine.ProduceAsync(right, default).AsTask());

        Assert.Equal(BrokerError.PreconditionFailed, miss.Error);
        Assert.Equal(2L, miss.Members["nextOffset"]);
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Zstd)]
    public async Task A_batch_that_a_client_built_is_given_as_it_was_taken_but_for_its_place(CompressionType codec)
    {
        if (!Engine.Features.HasFlag(EngineFeatures.ClientBatches)) return;
        await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "before");
        using var builder = new RecordBatchBuilder(codec);
        for (var i = 0; i < 50; i++) builder.Append(1_000 + i, new byte[] { 1 }, new byte[20], [new Header("n"u8.ToArray(), null)]);
        var sent = builder.Build().Bytes.ToArray();

        await Engine.ProduceAsync(new ProduceRequest(new("orders", 0), new RecordBatch(sent.ToArray()), Acks.All), default);

        using var found = await Engine.FetchAsync(Fetch("orders", 0, 1), default);
        var given = new RecordBatch(Copy(found.Partitions[0].Batches));
        Assert.Equal((1, 50), (given.BaseOffset, given.RecordCount));
        new RecordBatch(sent).StampPlace(given.BaseOffset, given.LeaderEpoch);
        Assert.Equal(sent, given.Bytes.ToArray());
    }

    [Theory]
    [InlineData(Acks.None)]
    [InlineData(Acks.Leader)]
    [InlineData(Acks.All)]
    public async Task Whatever_the_acks_a_record_becomes_readable(Acks acks)
    {
        await CreateAsync("orders", 1);
        using var builder = Batch("one");

        await Engine.ProduceAsync(new ProduceRequest(new("orders", 0), builder.Build(), acks), default);

        using var result = await Engine.FetchAsync(Fetch("orders", 0, 0) with { MaxWait = TimeSpan.FromMinutes(1) }, default).AsTask().WaitAsync(Patience);
        Assert.True(result.HasBatches);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("snappy")]
    [InlineData("lz4")]
    [InlineData("zstd")]
    public async Task A_batch_is_kept_in_the_codec_of_its_topic(string codec)
    {
        await Engine.CreateTopicAsync(
            new TopicSpec("orders", 1, null, new Dictionary<string, string> { ["compression.type"] = codec }), default);

        await ProduceAsync("orders", 0, new string('x', 10_000), "two");

        using var result = await Engine.FetchAsync(Fetch("orders", 0, 0), default);
        Assert.True(RecordBatch.TryRead(Copy(result.Partitions[0].Batches), out var batch));
        Assert.Equal(Enum.Parse<CompressionType>(codec, ignoreCase: true), batch.Compression);
        Assert.Equal([(0, new string('x', 10_000)), (1, "two")], await ReadAsync("orders", 0, 0));
    }
}
