using Microsoft.Extensions.Time.Testing;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups.Shared;

/// <summary>Members of a shared group as event streams.</summary>
public class SharedEventsTests
{
    private const string Events = "/v1/groups/g/events?member=";

    [Fact]
    public async Task Records_come_with_receipts_and_what_is_released_comes_again()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1", "2");
        await using var events = await EventsReader.OpenAsync(broker, $"{Events}a");
        Assert.Equal(2, (long)(await events.NextAsync()).Json["lag"]!);

        var first = await events.NextAsync("message");
        var second = await events.NextAsync("message");
        await events.NextAsync("up-to-date");
        Assert.Equal(("1", "2"), (first.Text, second.Text));
        Assert.Matches("^1~@[0-9]+$", first.Id);
        var member = new SharedMember(broker);
        Assert.Equal(200, (await member.AckAsync("accept", [new Delivery(first.Json)])).Status);
        Assert.Equal(200, (await member.AckAsync("release", [new Delivery(second.Json)])).Status);

        var again = await events.NextAsync("message");
        Assert.Equal(("2", 2), (again.Text, new Delivery(again.Json).Count));
    }

    [Fact]
    public async Task A_stream_holds_no_more_than_a_hundred_and_goes_on_as_soon_as_some_are_acknowledged()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, [.. Enumerable.Range(0, 150).Select(i => $"{i}")]);
        await using var events = await EventsReader.OpenAsync(broker, $"{Events}a&limit=150");
        var held = new List<Delivery>();
        while (held.Count < 100) held.Add(new Delivery((await events.NextAsync("message")).Json));
        Assert.Equal("100", (await new SharedMember(broker, "b").FetchAsync(limit: 1)).Single().Text);

        await new SharedMember(broker).AckAsync("accept", held);

        for (var i = 101; i < 150; i++) Assert.Equal($"{i}", (await events.NextAsync("message")).Text);
    }

    [Fact]
    public async Task Two_tabs_share_the_records_and_what_one_held_that_is_gone_comes_to_the_other()
    {
        var time = new FakeTimeProvider();
        await using var broker = await StartAsync(time);
        await broker.ProduceAsync("t", 0, "1");
        await using (var first = await EventsReader.OpenAsync(broker, $"{Events}a&limit=1"))
        {
            Assert.Equal("1", (await first.NextAsync("message")).Text);
            Assert.Equal("""{"reason":"limit","reconnect":false}""", (await first.NextAsync("bye")).Data);
        }

        await using var second = await EventsReader.OpenAsync(broker, $"{Events}b", "1~@1");
        await second.NextAsync("up-to-date");
        time.Advance(TimeSpan.FromSeconds(30));

        var again = await second.NextAsync("message");
        Assert.Equal(("1", 2), (again.Text, new Delivery(again.Json).Count));
    }

    private static async Task<TestBroker> StartAsync(TimeProvider? time = null)
    {
        var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("t");
        Assert.Equal(201, (await broker.PutAsync("/v1/groups/g", """{"topics":["t"],"mode":"shared"}""")).Status);
        return broker;
    }
}
