using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RestBroker.Core.Engine;
using RestBroker.Server.Streaming;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Tests.Server.Tail;

/// <summary>What is shared is shared, by the very bytes; what differs is not.</summary>
public sealed class TailHubTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TailForm Events = new(IsEvents: true, new RecordShape(null, 64));

    [Fact]
    public async Task Streams_of_one_kind_at_the_end_get_the_same_bytes()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 2);
        var hubs = broker.Services.GetRequiredService<TailHubs>();
        var (one, two) = (new WakeSignal(), new WakeSignal());
        using var first = hubs.Sit(await SessionAsync(broker, "orders"), Events, one);
        using var second = hubs.Sit(await SessionAsync(broker, "orders"), Events, two);

        var (a, b) = (NextAsync(first), NextAsync(second));
        await broker.ProduceAsync("orders", 1, "shared");

        Assert.Same(first.Hub, second.Hub);
        Assert.Same((await a).Bytes, (await b).Bytes);
        Assert.EndsWith("~0.1", (await a).To.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("orders", "other", true, true)]
    [InlineData("orders", "orders", true, false)]
    [InlineData("orders,other", "other,orders", true, true)]
    public async Task Streams_of_another_kind_have_a_hub_of_their_own(string firstTopics, string secondTopics, bool firstForm, bool secondForm)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.CreateAsync("other");
        var hubs = broker.Services.GetRequiredService<TailHubs>();

        using var first = hubs.Sit(await SessionAsync(broker, firstTopics.Split(',')), Events with { IsEvents = firstForm }, new WakeSignal());
        using var second = hubs.Sit(await SessionAsync(broker, secondTopics.Split(',')), Events with { IsEvents = secondForm }, new WakeSignal());

        Assert.NotSame(first.Hub, second.Hub);
    }

    [Fact]
    public async Task A_hub_is_closed_with_its_last_stream_and_opened_with_the_next()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var hubs = broker.Services.GetRequiredService<TailHubs>();
        var first = hubs.Sit(await SessionAsync(broker, "orders"), Events, new WakeSignal());

        first.Dispose();
        using var second = hubs.Sit(await SessionAsync(broker, "orders"), Events, new WakeSignal());

        Assert.NotSame(first.Hub, second.Hub);
    }

    [Fact]
    public async Task Who_is_too_far_behind_loses_touch_and_the_others_do_not()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var hubs = broker.Services.GetRequiredService<TailHubs>();
        using var quick = hubs.Sit(await SessionAsync(broker, "orders"), Events, new WakeSignal());
        using var slow = hubs.Sit(await SessionAsync(broker, "orders"), Events, new WakeSignal());

        for (var i = 0; i < 6; i++)
        {
            var next = NextAsync(quick);
            await broker.ProduceAsync("orders", 0, new string('x', 100_000));
            Assert.InRange((await next).Bytes.Length, 100_000, 101_000);
        }

        Assert.False(slow.TryTake(out _));
        Assert.True(slow.IsLost);
        Assert.False(quick.IsLost);
    }

    [Fact]
    public async Task What_is_no_record_ends_the_hub_after_all_that_came_before()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        var hubs = broker.Services.GetRequiredService<TailHubs>();
        using var seat = hubs.Sit(await SessionAsync(broker, "orders"), Events, new WakeSignal());
        var before = NextAsync(seat);
        await broker.ProduceAsync("orders", 0, "before");
        await before;

        var next = NextAsync(seat);
        await broker.DeleteAsync("orders");

        await Assert.ThrowsAsync<InvalidOperationException>(() => next);
        Assert.True(seat.IsLost);
    }

    [Fact]
    public async Task Hubs_of_other_sets_share_the_data_of_a_record()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "one");
        var registry = new LineRegistry();
        var topic = (await broker.Services.GetRequiredService<ILogEngine>().DescribeTopicAsync("orders", default))!;
        using var alone = registry.Take(topic.TopicId, Events.Shape);
        Assert.False(alone.IsShared);
        using var other = registry.Take(topic.TopicId, Events.Shape);

        var session = await SessionAsync(broker, StartPosition.Earliest, "orders");
        Assert.True(await session.FetchAsync(TimeSpan.Zero, Lifetime(broker)));
        Assert.True(session.TryRead(out var item));

        Assert.True(alone.IsShared);
        Assert.Same(alone, other);
        Assert.Same(alone.GetOrWrite(item), other.GetOrWrite(item));
    }

    private static Task<ReadSession> SessionAsync(TestBroker broker, params string[] topics) => SessionAsync(broker, StartPosition.Latest, topics);

    private static async Task<ReadSession> SessionAsync(TestBroker broker, StartPosition from, params string[] topics)
    {
        var positions = await broker.Services.GetRequiredService<ReadPlanner>().StartAsync(topics, PartitionChoice.All, from, default);
        return new ReadSession(broker.Services.GetRequiredService<ILogEngine>(), new ReadPlan { Topics = positions, MaxPartitions = 256 }) { SpeaksInBand = true };
    }

    private static async Task<TailChunk> NextAsync(TailSeat seat)
    {
        while (true)
        {
            if (seat.TryTake(out var chunk)) return chunk;
            if (seat.IsLost) throw new InvalidOperationException("It has lost touch.");
            await seat.WaitAsync().AsTask().WaitAsync(Patience);
        }
    }

    private static ReadLifetime Lifetime(TestBroker broker) =>
        new(default, broker.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
}
