using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do with what was produced when it is fetched.</summary>
public abstract class FetchContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
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
}
