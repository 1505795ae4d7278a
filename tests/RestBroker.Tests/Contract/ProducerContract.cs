using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Contract;

/// <summary>What every engine must do that remembers producers.</summary>
public abstract class ProducerContract<TEngine> : EngineContract<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private bool IsOffered => Engine.Features.HasFlag(EngineFeatures.ProducerState);

    [Fact]
    public async Task A_batch_that_is_produced_again_is_stored_once_and_answered_as_the_first_time()
    {
        if (!IsOffered) return;
        await CreateAsync("orders", 2);
        var producer = await Engine.InitProducerAsync(null, default);
        await ProduceAsync("orders", 0, "before");

        var first = await SendAsync(producer, 0, "one", "two");
        var again = await SendAsync(producer, 0, "one", "two");

        Assert.Equal((1, false), (first.BaseOffset, first.Duplicate));
        Assert.Equal((1, true, 1_000L), (again.BaseOffset, again.Duplicate, again.FirstTime));
        Assert.Equal([(0, "before"), (1, "one"), (2, "two")], await ReadAsync("orders", 0, 0));
        var known = Assert.Single(await Engine.FindProducerAsync("orders", producer.ProducerId, default));
        Assert.Equal(new ProducerStatus(0, 0, 2, null), known);
    }

    [Fact]
    public async Task A_gap_and_what_is_older_than_the_last_five_are_told_with_the_sequence_expected()
    {
        if (!IsOffered) return;
        await CreateAsync("orders", 1);
        var producer = await Engine.InitProducerAsync(null, default);
        for (var i = 0; i < 6; i++) await SendAsync(producer, i, "value");

        var gap = await Assert.ThrowsAsync<BrokerException>(() => SendAsync(producer, 7, "value"));
        var old = await Assert.ThrowsAsync<BrokerException>(() => SendAsync(producer, 0, "value"));

        Assert.Equal((BrokerError.OutOfOrderSequence, 6), (gap.Error, gap.Members["nextSequence"]));
        Assert.Equal((BrokerError.DuplicateSequence, 6), (old.Error, old.Members["nextSequence"]));
    }

    [Fact]
    public async Task A_raised_epoch_fences_the_older_one_in_every_partition()
    {
        if (!IsOffered) return;
        await CreateAsync("orders", 1);
        var old = await Engine.InitProducerAsync(null, default);
        await SendAsync(old, 0, "one");

        var raised = await Engine.InitProducerAsync(old.ProducerId, default);
        await CreateAsync("never.written", 1);

        Assert.Equal(old with { Epoch = 1 }, raised);
        Assert.Equal(raised, await Engine.DescribeProducerAsync(old.ProducerId, default));
        Assert.Equal(BrokerError.ProducerFenced, await ErrorOf(() => SendAsync(old, 1, "two")));
        Assert.Equal(BrokerError.InvalidRange, await ErrorOf(() => SendAsync(raised with { Epoch = 2 }, 0, "two")));
        Assert.Equal(BrokerError.ProducerFenced, await ErrorOf(() => SendAsync("never.written", old, 0, "two")));
        Assert.Equal(1, (await SendAsync(raised, 0, "two")).BaseOffset);
    }

    [Fact]
    public async Task No_producer_id_is_given_out_twice_and_one_that_was_not_is_unknown()
    {
        if (!IsOffered) return;
        await CreateAsync("orders", 1);
        var ids = new HashSet<long>();
        for (var i = 0; i < 50; i++) Assert.True(ids.Add((await Engine.InitProducerAsync(null, default)).ProducerId));
        var unknown = new ProducerIdentity(ids.Max() + 1, 0);

        Assert.Equal(BrokerError.NotFound, await ErrorOf(() => SendAsync(unknown, 0, "value")));
        Assert.Equal(BrokerError.NotFound, await ErrorOf(() => Engine.InitProducerAsync(unknown.ProducerId, default).AsTask()));
        Assert.Equal(BrokerError.NotFound, await ErrorOf(() => Engine.DescribeProducerAsync(unknown.ProducerId, default).AsTask()));
    }

    [Fact]
    public async Task A_batch_of_an_idempotency_key_is_stored_once_and_another_body_refused()
    {
        if (!IsOffered) return;
        await CreateAsync("orders", 2);

        Assert.False((await SendKeyAsync("body")).Duplicate);
        var again = await SendKeyAsync("body");

        Assert.Equal((0, true), (again.BaseOffset, again.Duplicate));
        Assert.Equal(BrokerError.IdempotencyKeyReused, await ErrorOf(() => SendKeyAsync("other")));
        var known = Assert.Single(await Engine.FindProducerAsync("orders", ProducerIds.FirstOfKeys + 5, default));
        Assert.Equal((0, 2), (known.Partition, known.Mark!.Value.PartitionCount));
        Assert.Equal(BrokerError.InvalidRecord, await ErrorOf(() => SendAsync(new ProducerIdentity(ProducerIds.FirstOfKeys + 6, 0), 0, "without a mark")));
    }

    private Task<ProduceResult> SendAsync(ProducerIdentity producer, int sequence, params string[] values) =>
        SendAsync("orders", producer, sequence, values);

    private async Task<ProduceResult> SendAsync(string topic, ProducerIdentity producer, int sequence, params string[] values)
    {
        using var builder = Batch(values);
        builder.Producer = (producer.ProducerId, producer.Epoch, sequence);
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, 0), builder.Build(), Acks.Leader), default);
    }

    private async Task<ProduceResult> SendKeyAsync(string body)
    {
        var (header, _) = IdempotencyMark.Of("key", System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(body)), 2);
        using var builder = new RecordBatchBuilder { Producer = (ProducerIds.FirstOfKeys + 5, 0, 0) };
        builder.Append(1_000, null, null, [header]);
        return await Engine.ProduceAsync(new ProduceRequest(new("orders", 0), builder.Build(), Acks.All), default);
    }
}
