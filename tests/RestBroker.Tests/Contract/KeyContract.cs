using System.Text;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do that compacts, and looks records up by their keys.</summary>
public abstract class KeyContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
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

    [Fact]
    public async Task The_latest_record_of_a_key_can_be_looked_up()
    {
        if (!Engine.Features.HasFlag(EngineFeatures.KeyIndex)) return;
        await CreateCompactedAsync("settings");
        await ProduceKeyedAsync("settings", ("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"));
        await ProduceKeyedAsync("settings", ("c", null));

        Assert.Equal((2, "2"), await LatestAsync("settings", "a"));
        Assert.Equal((1, "1"), await LatestAsync("settings", "b"));
        Assert.Null(await LatestAsync("settings", "c"));
        Assert.Null(await LatestAsync("settings", "never"));
        await CreateAsync("plain", 1);
        Assert.Equal(BrokerError.TopicNotCompacted, await ErrorOf(() => LatestAsync("plain", "a")));
        Assert.Equal(BrokerError.UnknownTopicOrPartition, await ErrorOf(() => LatestAsync("none", "a")));
    }

    [Fact]
    public async Task A_batch_is_appended_only_if_its_key_is_what_was_expected()
    {
        if (!Engine.Features.HasFlag(EngineFeatures.KeyIndex)) return;
        await CreateCompactedAsync("settings");

        Assert.Equal(0, await SetIfAsync("a", "1", KeyCondition.Absent));
        Assert.Null(await SetIfAsync("a", "2", KeyCondition.Absent));
        Assert.Equal(1, await SetIfAsync("a", "2", KeyCondition.At(0)));
        Assert.Null(await SetIfAsync("a", "3", KeyCondition.At(0)));
        Assert.Null(await SetIfAsync("b", "1", KeyCondition.Present));
        Assert.Equal(2, await SetIfAsync("a", null, KeyCondition.Present));
        Assert.Null(await SetIfAsync("a", "3", KeyCondition.At(2)));
        Assert.Equal(3, await SetIfAsync("a", "3", KeyCondition.Absent));
        Assert.Equal((3, "3"), await LatestAsync("settings", "a"));
    }

    private async Task<(long Offset, string Value)?> LatestAsync(string topic, string key)
    {
        using var latest = await Engine.FetchLatestAsync(new TopicPartition(topic, 0), Encoding.UTF8.GetBytes(key), default);
        if (latest is null) return null;
        Assert.True(RecordBatch.TryRead(Copy(latest.Found.Batches), out var batch));
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (record.Offset == latest.Offset) return (record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span));
        }

        throw new InvalidOperationException("The batch does not hold the record.");
    }

    private async Task<long?> SetIfAsync(string key, string? value, KeyCondition condition)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, Encoding.UTF8.GetBytes(key), value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(value));
        var request = new ProduceRequest(new("settings", 0), builder.Build(), Acks.All, KeyCondition: condition);
        try
        {
            return (await Engine.ProduceAsync(request, default)).BaseOffset;
        }
        catch (BrokerException e) when (e.Error == BrokerError.PreconditionFailed)
        {
            return null;
        }
    }
}
