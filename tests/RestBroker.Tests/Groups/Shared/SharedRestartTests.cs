using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Groups;
using RestBroker.Core.Groups.Shared;
using RestBroker.Storage;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups.Shared;

/// <summary>Shared groups on a broker that is restarted over the same directory.</summary>
public class SharedRestartTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Holds_counts_delays_and_what_is_done_are_known_again()
    {
        using var directory = new TempDirectory();
        IReadOnlyList<Delivery> held;
        await using (var broker = await StartAsync(directory))
        {
            await broker.ProduceAsync("t", 0, [.. Enumerable.Range(0, 10).Select(i => $"{i}")]);
            var a = new SharedMember(broker);
            held = await a.FetchAsync(limit: 8);
            await a.AckAsync("accept", held.Where(delivery => delivery.Offset % 2 == 1));
            await a.AckAsync("release", held.Where(delivery => delivery.Offset == 0));
            await a.AckAsync("release", held.Where(delivery => delivery.Offset == 2), delaySeconds: 100);
        }

        await using (var broker = Broker(directory))
        {
            var (a, b) = (new SharedMember(broker), new SharedMember(broker, "b"));
            Assert.Equal([("0", 2), ("8", 1), ("9", 1)], Seen(await b.FetchAsync()));
            Assert.Equal(200, (await a.AckAsync("accept", held.Where(delivery => delivery.Offset == 4))).Status);
            _time.Advance(TimeSpan.FromSeconds(30));
            Assert.Equal([("0", 3), ("6", 2), ("8", 2), ("9", 2)], Seen(await b.FetchAsync()));
            _time.Advance(TimeSpan.FromSeconds(70));
            Assert.Contains(("2", 2), Seen(await b.FetchAsync()));
        }
    }

    [Fact]
    public async Task A_hold_has_its_full_time_again_after_a_restart()
    {
        using var directory = new TempDirectory();
        await using (var broker = await StartAsync(directory))
        {
            await broker.ProduceAsync("t", 0, "1");
            await new SharedMember(broker).FetchAsync();
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        await using (var broker = Broker(directory))
        {
            _time.Advance(TimeSpan.FromSeconds(29));
            Assert.Empty(await new SharedMember(broker).FetchAsync());
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal([("1", 2)], Seen(await new SharedMember(broker).FetchAsync()));
        }
    }

    [Fact]
    public async Task A_group_made_again_under_the_name_begins_anew()
    {
        using var directory = new TempDirectory();
        await using (var broker = await StartAsync(directory))
        {
            await broker.ProduceAsync("t", 0, "1", "2");
            var a = new SharedMember(broker);
            await a.AckAsync("accept", await a.FetchAsync());
            await broker.SendAsync(HttpMethod.Delete, "/v1/groups/g/members/a");
            Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, "/v1/groups/g")).Status);
            Assert.Equal(201, (await broker.PutAsync("/v1/groups/g", """{"topics":["t"],"mode":"shared"}""")).Status);
        }

        await using (var broker = Broker(directory)) Assert.Equal([("1", 1), ("2", 1)], Seen(await new SharedMember(broker).FetchAsync()));
    }

    [Fact]
    public async Task What_rot_took_is_told_once_and_the_rest_is_given_out()
    {
        using var directory = new TempDirectory();
        await using (var broker = await StartAsync(directory))
        {
            foreach (var text in new[] { "zero", "the-rotten-one", "two", "another-rotten-one" }) await broker.ProduceAsync("t", 0, text);
            // The last was given out before, and came back.
            var a = new SharedMember(broker);
            var given = await a.FetchAsync();
            await a.AckAsync("release", given.Skip(3));
            await broker.SendAsync(HttpMethod.Delete, "/v1/groups/g/members/a");
        }

        LogDamage.Flip(directory.Path, "the-rotten-one");
        LogDamage.Flip(directory.Path, "another-rotten-one");
        await using (var broker = Broker(directory))
        {
            var page = (await broker.PostAsync("/v1/groups/g/fetch", """{"member":"a"}""")).Json;
            Assert.Equal(["zero", "two"], SharedMember.Deliveries(page).Select(delivery => delivery.Text));
            Assert.Equal([(1, 2), (3, 4)], page["gaps"]!.AsArray().Select(gap => ((int)gap!["from"]!, (int)gap["to"]!)));
            await new SharedMember(broker).AckAsync("accept", SharedMember.Deliveries(page));
            Assert.Equal(0, (long)(await broker.GetAsync("/v1/groups/g/lag")).Json["lag"]!);
        }
    }

    [Fact]
    public async Task On_an_engine_that_does_not_compact_the_log_of_states_stays_short_and_whole_all_the_same()
    {
        await using var engine = new MemoryLogEngine();
        var bench = await GroupBench.StartAsync(
            1, new([GroupBench.Topic], GroupMode.Shared), new() { RewriteBytes = 10_000 }, engine);
        await bench.ProduceAsync(0, 300);
        for (var i = 0; i < 300; i++)
        {
            var batch = await bench.Shares.FetchAsync(GroupBench.Group, new("a", 1, 1024, TimeSpan.Zero), default, default);
            await bench.Shares.AcknowledgeAsync(
                GroupBench.Group, [new(batch.Records[0].Receipt!, ShareOutcome.Accept)], default);
        }

        var log = (await engine.DescribePartitionsAsync("__restbroker_groups", default))[0];
        Assert.InRange(log.NextOffset - log.LogStartOffset, 1, 200);
        bench = await GroupBench.ReopenAsync(engine);
        Assert.Empty((await bench.Shares.FetchAsync(GroupBench.Group, new("a", 1, 1024, TimeSpan.Zero), default, default)).Records);
        Assert.Equal(0, (await bench.Offsets.LagAsync(GroupBench.Group, default)).Partitions[0].Lag);
    }

    private static IReadOnlyList<(string Text, int Count)> Seen(IEnumerable<Delivery> deliveries) =>
        [.. deliveries.OrderBy(delivery => delivery.Offset).Select(delivery => (delivery.Text, delivery.Count))];

    private static async Task<EmbeddedLogEngine> OpenAsync(TempDirectory directory) => await EmbeddedLogEngine.OpenAsync(
        new() { DataDirectory = directory.Path }, TimeProvider.System, NullLoggerFactory.Instance, default);

    private TestBroker Broker(TempDirectory directory) => TestBroker.Start(dataDirectory: directory.Path, time: _time);

    private async Task<TestBroker> StartAsync(TempDirectory directory)
    {
        var broker = Broker(directory);
        await broker.CreateAsync("t");
        Assert.Equal(201, (await broker.PutAsync("/v1/groups/g", """{"topics":["t"],"mode":"shared"}""")).Status);
        return broker;
    }
}
