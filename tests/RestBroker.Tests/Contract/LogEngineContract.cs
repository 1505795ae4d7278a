using System.Text;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do: one suite, run against each of them. Optional powers are tested where the engine has them.</summary>
public abstract class LogEngineContract : IAsyncLifetime
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    protected ILogEngine Engine { get; private set; } = null!;

    public async Task InitializeAsync() => Engine = await OpenAsync();

    public virtual async Task DisposeAsync() => await Engine.DisposeAsync();

    protected abstract Task<ILogEngine> OpenAsync();

    [Fact]
    public async Task A_created_topic_is_described_with_its_defaults()
    {
        var created = await CreateAsync("orders", 3);

        var described = await Engine.DescribeTopicAsync("orders", default);

        Assert.Same(created, described);
        Assert.Equal(3, described!.PartitionCount);
        Assert.Equal(1, described.Version);
        Assert.NotEqual(Guid.Empty, described.TopicId);
        Assert.All(described.Partitions, partition => Assert.Equal([partition.Leader], partition.Isr));
    }

    [Theory]
    [InlineData("orders", null, null, "", "", BrokerError.TopicAlreadyExists)]
    [InlineData("or.ders", null, null, "", "", BrokerError.None)]
    [InlineData("a/b", null, null, "", "", BrokerError.InvalidTopic)]
    [InlineData("..", null, null, "", "", BrokerError.InvalidTopic)]
    [InlineData("new", 0, null, "", "", BrokerError.InvalidPartitions)]
    [InlineData("new", 1_000_000, null, "", "", BrokerError.InvalidPartitions)]
    [InlineData("new", null, null, "no.such.key", "1", BrokerError.InvalidConfig)]
    [InlineData("new", null, null, "segment.bytes", "x", BrokerError.InvalidConfig)]
    public async Task A_topic_against_the_rules_is_refused(
        string name, int? partitions, int? replication, string key, string value, BrokerError expected)
    {
        await CreateAsync("orders", 1);
        var configs = key.Length == 0 ? [] : new Dictionary<string, string> { [key] = value };

        var error = await ErrorOf(() => Engine.CreateTopicAsync(new TopicSpec(name, partitions, replication, configs), default).AsTask());

        Assert.Equal(expected, error);
    }

    [Fact]
    public async Task Topics_that_differ_in_dot_and_underscore_only_are_twins()
    {
        await CreateAsync("a.b", 1);

        Assert.Equal(BrokerError.TopicNameCollision, await ErrorOf(() => CreateAsync("a_b", 1)));
    }

    [Fact]
    public async Task Records_are_fetched_as_they_were_produced()
    {
        await CreateAsync("orders", 1);

        var first = await ProduceAsync("orders", 0, "one", "two");
        var second = await ProduceAsync("orders", 0, "three");

        Assert.Equal((0, 2), (first.BaseOffset, second.BaseOffset));
        Assert.Equal([(0, "one"), (1, "two"), (2, "three")], await ReadAsync("orders", 0, 0));
        Assert.Equal([(2, "three")], await ReadAsync("orders", 0, 2));
    }

    [Fact]
    public async Task A_fetch_inside_a_batch_gives_the_whole_batch()
    {
        await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "one", "two", "three");

        using var result = await Engine.FetchAsync(Fetch("orders", 0, 1), default);

        Assert.True(RecordBatch.TryRead(Copy(result.Partitions[0].Batches), out var batch));
        Assert.Equal((0, 3), (batch.BaseOffset, batch.RecordCount));
    }

    [Fact]
    public async Task A_fetch_gives_one_batch_however_small_the_limit()
    {
        await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, new string('x', 50_000));
        await ProduceAsync("orders", 0, "two");

        using var result = await Engine.FetchAsync(Fetch("orders", 0, 0) with { MaxBytes = 1 }, default);

        Assert.True(RecordBatch.TryRead(Copy(result.Partitions[0].Batches), out var batch));
        Assert.Equal(batch.Size, result.Partitions[0].Batches.Length);
    }

    [Fact]
    public async Task A_batch_beyond_the_limit_leaves_nothing_for_the_partitions_after_it()
    {
        await CreateAsync("orders", 3);
        await ProduceAsync("orders", 0, new string('x', 50_000));
        await ProduceAsync("orders", 1, "one");
        await ProduceAsync("orders", 2, "two");
        var request = new FetchRequest { Partitions = [.. Enumerable.Range(0, 3).Select(p => new FetchPartition(new TopicPartition("orders", p), 0))], MaxBytes = 1 };

        using var result = await Engine.FetchAsync(request, default);

        Assert.Equal([true, false, false], result.Partitions.Select(partition => partition.Batches.Length > 0));
    }

    [Fact]
    public async Task A_fetch_that_may_not_wait_comes_back_empty_at_the_end()
    {
        await CreateAsync("orders", 1);

        using var result = await Engine.FetchAsync(Fetch("orders", 0, 0), default);

        Assert.Equal(BrokerError.None, result.Partitions[0].Error);
        Assert.False(result.HasBatches);
    }

    [Fact]
    public async Task A_fetch_at_the_end_waits_until_a_record_arrives()
    {
        await CreateAsync("orders", 2);

        var waiting = Engine.FetchAsync(
            new FetchRequest
            {
                Partitions = [new FetchPartition(new("orders", 0), 0), new FetchPartition(new("orders", 1), 0)],
                MaxWait = TimeSpan.FromMinutes(1),
            },
            default).AsTask();
        Assert.False(waiting.IsCompleted);
        await ProduceAsync("orders", 1, "one");

        using var result = await waiting.WaitAsync(Patience);
        Assert.Equal([0, 1], result.Partitions.Select(partition => partition.Batches.Length > 0 ? 1 : 0));
    }

    [Fact]
    public async Task A_waiting_fetch_ends_empty_when_its_time_is_over()
    {
        await CreateAsync("orders", 1);

        var waiting = Engine.FetchAsync(Fetch("orders", 0, 0) with { MaxWait = TimeSpan.FromSeconds(20) }, default).AsTask();
        Time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(waiting.IsCompleted);
        Time.Advance(TimeSpan.FromSeconds(1));

        using var result = await waiting.WaitAsync(Patience);
        Assert.False(result.HasBatches);
    }

    [Fact]
    public async Task A_waiting_fetch_can_be_cancelled()
    {
        await CreateAsync("orders", 1);
        using var cancellation = new CancellationTokenSource();

        var waiting = Engine.FetchAsync(Fetch("orders", 0, 0) with { MaxWait = TimeSpan.FromSeconds(20) }, cancellation.Token).AsTask();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_waiting_fetch_ends_when_its_topic_is_deleted()
    {
        await CreateAsync("orders", 1);

        var waiting = Engine.FetchAsync(Fetch("orders", 0, 0) with { MaxWait = TimeSpan.FromSeconds(20) }, default).AsTask();
        await Engine.DeleteTopicAsync("orders", default);

        using var result = await waiting.WaitAsync(Patience);
        Assert.Equal(BrokerError.UnknownTopicOrPartition, result.Partitions[0].Error);
    }

    [Fact]
    public async Task A_waiting_fetch_ends_when_the_engine_does_and_later_calls_are_refused()
    {
        await CreateAsync("orders", 1);

        var waiting = Engine.FetchAsync(Fetch("orders", 0, 0) with { MaxWait = TimeSpan.FromSeconds(20) }, default).AsTask();
        await Engine.DisposeAsync();

        using var result = await waiting.WaitAsync(Patience);
        Assert.False(result.HasBatches);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Engine.FetchAsync(Fetch("orders", 0, 0), default).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => ProduceAsync("orders", 0, "late"));
    }

    [Fact]
    public async Task Each_partition_of_a_fetch_fails_on_its_own()
    {
        var topic = await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "one", "two");
        await Engine.DeleteRecordsAsync(new("orders", 0), 1, default);

        using var result = await Engine.FetchAsync(
            new FetchRequest
            {
                Partitions =
                [
                    new(new("orders", 0), 0), new(new("orders", 0), 3), new(new("orders", 9), 0), new(new("none", 0), 0),
                    new(new("orders", 0), 1, Guid.NewGuid()), new(new("orders", 0), 1, topic.TopicId), new(new("orders", 0), 2),
                ],
                MaxWait = TimeSpan.FromMinutes(1),
            },
            default);

        Assert.Equal(
            [
                BrokerError.OffsetTrimmed, BrokerError.OffsetOutOfRange, BrokerError.UnknownTopicOrPartition,
                BrokerError.UnknownTopicOrPartition, BrokerError.TopicRecreated, BrokerError.None, BrokerError.None,
            ],
            result.Partitions.Select(partition => partition.Error));
        Assert.Equal((1, 2, 2), (result.Partitions[0].LogStartOffset, result.Partitions[0].HighWatermark, result.Partitions[0].NextOffset));
        Assert.True(result.Partitions[5].Batches.Length > 0);
    }

    [Fact]
    public async Task A_place_in_time_is_the_first_record_at_or_after_it()
    {
        await CreateAsync("orders", 2);
        await ProduceAtAsync("orders", 0, 1_000, 3_000, 2_000, 5_000);

        var found = await Engine.ListOffsetsAsync("orders", OffsetSpec.At(2_500), default);
        var earliest = await Engine.ListOffsetsAsync("orders", OffsetSpec.Earliest, default);
        var beyond = await Engine.ListOffsetsAsync("orders", OffsetSpec.At(9_000), default);

        Assert.Equal([new ListedOffset(0, 1, 3_000), new ListedOffset(1, 0, null)], found);
        Assert.Equal([new ListedOffset(0, 0, null), new ListedOffset(1, 0, null)], earliest);
        Assert.Equal([new ListedOffset(0, 4, null), new ListedOffset(1, 0, null)], beyond);
    }

    [Fact]
    public async Task Records_can_be_deleted_up_to_the_high_watermark()
    {
        await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "one", "two", "three");

        Assert.Equal(2, await Engine.DeleteRecordsAsync(new("orders", 0), 2, default));
        Assert.Equal(2, await Engine.DeleteRecordsAsync(new("orders", 0), 1, default));
        Assert.Equal(BrokerError.OffsetOutOfRange, await ErrorOf(() => Engine.DeleteRecordsAsync(new("orders", 0), 4, default).AsTask()));
        Assert.Equal([(2, "three")], await ReadAsync("orders", 0, 2));
    }

    [Fact]
    public async Task Settings_change_by_version()
    {
        var topic = await CreateAsync("orders", 1);

        var changed = await AlterAsync("orders", null, 1, ("retention.ms", "1000"));
        var back = await AlterAsync("orders", 3, null, ("retention.ms", null));

        Assert.Equal((2, "1000"), (changed.Version, changed.Config.Value("retention.ms")));
        Assert.Equal((3, 3, topic.TopicId), (back.Version, back.PartitionCount, back.TopicId));
        Assert.Empty(back.Config.Given);
        Assert.Equal(BrokerError.PreconditionFailed, await ErrorOf(() => AlterAsync("orders", null, 1)));
        Assert.Equal(BrokerError.InvalidPartitions, await ErrorOf(() => AlterAsync("orders", 2, null)));
        Assert.Equal(BrokerError.UnknownTopicOrPartition, await ErrorOf(() => AlterAsync("none", 2, null)));
        await ProduceAsync("orders", 2, "in a new partition");
    }

    [Fact]
    public async Task Topics_are_listed_in_pages_by_name()
    {
        foreach (var name in (string[])["b", "Z", "a1", "a2", "a-3", "__own"]) await CreateAsync(name, 1);

        Assert.Equal("Z a-3 a1 a2 b", await NamesAsync(new TopicQuery("", null, 9, false)));
        Assert.Equal("a-3 a1 …", await NamesAsync(new TopicQuery("a", null, 2, false)));
        Assert.Equal("a2", await NamesAsync(new TopicQuery("a", "a1", 2, false)));
        Assert.Equal("__own", await NamesAsync(new TopicQuery("__", null, 2, true)));
        await Engine.DeleteTopicAsync("a1", default);
        Assert.Equal("a-3 a2", await NamesAsync(new TopicQuery("a", null, 2, false)));
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_created_again_is_another()
    {
        var old = await CreateAsync("orders", 1);
        await ProduceAsync("orders", 0, "one");
        await Engine.CommitOffsetsAsync("billing", [new CommittedOffset(new("orders", 0), old.TopicId, 1)], default);

        await Engine.DeleteTopicAsync("orders", default);
        Assert.Null(await Engine.DescribeTopicAsync("orders", default));
        Assert.Equal(BrokerError.UnknownTopicOrPartition, await ErrorOf(() => ProduceAsync("orders", 0, "lost")));
        var fresh = await CreateAsync("orders", 1);

        Assert.NotEqual(old.TopicId, fresh.TopicId);
        Assert.Empty(await ReadAsync("orders", 0, 0));
        Assert.Empty(await Engine.FetchCommittedOffsetsAsync("billing", default));
        Assert.Equal(BrokerError.TopicRecreated, await ErrorOf(() => ProduceAsync("orders", 0, old.TopicId, "to the old one")));
    }

    [Fact]
    public async Task Committed_offsets_are_kept_until_they_are_deleted()
    {
        var topic = await CreateAsync("orders", 2);
        CommittedOffset first = new(new("orders", 0), topic.TopicId, 5), second = new(new("orders", 1), topic.TopicId, 7);

        await Engine.CommitOffsetsAsync("billing", [first, second], default);
        await Engine.CommitOffsetsAsync("billing", [first with { NextOffset = 6 }], default);
        await Engine.CommitOffsetsAsync("other", [first], default);

        Assert.Equal([first with { NextOffset = 6 }, second], await Engine.FetchCommittedOffsetsAsync("billing", default));
        await Engine.DeleteCommittedOffsetsAsync("billing", default);
        Assert.Empty(await Engine.FetchCommittedOffsetsAsync("billing", default));
        Assert.Equal([first], await Engine.FetchCommittedOffsetsAsync("other", default));
    }

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

    [Fact]
    public async Task A_compacted_topic_keeps_the_last_record_of_each_key_at_its_offset()
    {
        if (!Engine.Features.HasFlag(EngineFeatures.Compaction)) return;
        await CreateCompactedAsync("settings", ("min.cleanable.dirty.ratio", "0"), ("segment.ms", "1000"));
        await ProduceKeyedAsync("settings", ("a", "1"), ("b", "1"), ("a", "2"));
        await ProduceKeyedAsync("settings", ("b", "2"), ("c", "1"));

        Time.Advance(TimeSpan.FromSeconds(2));
        await CompactAsync();
        await ProduceKeyedAsync("settings", ("c", "2"));

        Assert.Equal([(2, "2"), (3, "2"), (4, "1")], (await ReadAsync("settings", 0, 0)).Where(record => record.Offset < 5));
        Assert.Equal([(5, "2")], await ReadAsync("settings", 0, 5));
        var status = (await Engine.DescribePartitionsAsync("settings", default))[0];
        Assert.Equal((0, 6, 6), (status.LogStartOffset, status.HighWatermark, status.NextOffset));
        Assert.True(status.Cleaning is { ReclaimedBytes: > 0, DirtyRatio: > 0 and < 1 });
    }

    [Fact]
    public async Task A_compacted_topic_takes_no_record_without_a_key()
    {
        if (!Engine.Features.HasFlag(EngineFeatures.Compaction)) return;
        await CreateCompactedAsync("settings");

        Assert.Equal(BrokerError.InvalidRecord, await ErrorOf(() => ProduceAsync("settings", 0, "no key")));
        Assert.Empty(await ReadAsync("settings", 0, 0));
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

    protected static FetchRequest Fetch(string topic, int partition, long offset) =>
        new() { Partitions = [new FetchPartition(new(topic, partition), offset)] };

    protected static RecordBatchBuilder Batch(params string[] values)
    {
        var builder = new RecordBatchBuilder();
        foreach (var value in values) builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
        return builder;
    }

    /// <summary>Compacts what is due, where the engine can be told to.</summary>
    protected virtual Task CompactAsync() => Task.CompletedTask;

    protected async Task<TopicDescription> CreateCompactedAsync(string topic, params (string Name, string Value)[] configs) =>
        await Engine.CreateTopicAsync(
            new TopicSpec(topic, 1, null, new Dictionary<string, string> { ["cleanup.policy"] = "compact" }.Concat(configs.Select(config => KeyValuePair.Create(config.Name, config.Value))).ToDictionary()), default);

    protected async Task<ProduceResult> ProduceKeyedAsync(string topic, params (string Key, string? Value)[] records)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var (key, value) in records)
            builder.Append(1_000, Encoding.UTF8.GetBytes(key), value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(value));
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, 0), builder.Build(), Acks.All), default);
    }

    protected async Task<TopicDescription> CreateAsync(string topic, int partitions) =>
        await Engine.CreateTopicAsync(new TopicSpec(topic, partitions, null, new Dictionary<string, string>()), default);

    protected Task<ProduceResult> ProduceAsync(string topic, int partition, params string[] values) =>
        ProduceAsync(topic, partition, null, values);

    protected async Task<ProduceResult> ProduceAsync(string topic, int partition, Guid? topicId, params string[] values)
    {
        using var builder = Batch(values);
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, partition), builder.Build(), Acks.All, null, topicId), default);
    }

    protected async Task<List<(long Offset, string Value)>> ReadAsync(string topic, int partition, long offset)
    {
        using var result = await Engine.FetchAsync(Fetch(topic, partition, offset), default);
        var records = new List<(long, string)>();
        var rest = Copy(result.Partitions[0].Batches).AsMemory();
        while (RecordBatch.TryRead(rest, out var batch))
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Offset >= offset) records.Add((record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span)));
            }

            rest = rest[batch.Size..];
        }

        return records;
    }

    protected static async Task<BrokerError> ErrorOf(Func<Task> action)
    {
        try
        {
            await action();
            return BrokerError.None;
        }
        catch (BrokerException e)
        {
            return e.Error;
        }
    }

    private async Task<ProduceResult> ProduceAtAsync(string topic, int partition, params long[] timestamps)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var timestamp in timestamps) builder.Append(timestamp, null, null);
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, partition), builder.Build(), Acks.All), default);
    }

    private async Task<TopicDescription> AlterAsync(string topic, int? partitions, long? version, params (string, string?)[] configs) =>
        await Engine.AlterTopicAsync(new TopicAlteration(topic, partitions, configs.ToDictionary(), version, null), default);

    private async Task<string> NamesAsync(TopicQuery query)
    {
        var page = await Engine.ListTopicsAsync(query, default);
        return string.Join(' ', page.Topics.Select(topic => topic.Name)) + (page.HasMore ? " …" : "");
    }

    private static byte[] Copy(ReadOnlyMemory<byte> bytes) => bytes.ToArray();
}
