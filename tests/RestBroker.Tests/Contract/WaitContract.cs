using RestBroker.Core.Engine;
using RestBroker.Core.Errors;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do with a fetch that waits.</summary>
public abstract class WaitContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
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
}
