using Microsoft.Extensions.Time.Testing;

namespace RestBroker.Tests.Server;

public sealed class EventsTests
{
    [Fact]
    public async Task Headers_and_a_first_heartbeat_come_at_once()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 3);

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        var first = await events.NextAsync();

        Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType!.ToString());
        Assert.Equal("no-cache, no-transform", events.Response.Headers.NonValidated["Cache-Control"].ToString());
        Assert.Equal("no", events.Response.Headers.GetValues("X-Accel-Buffering").Single());
        Assert.Empty(events.Response.Content.Headers.ContentEncoding);
        Assert.Equal("heartbeat", first.Type);
        Assert.Matches("^1~[0-9a-z]{8}~0\\.0\\.0$", first.Id);
        Assert.Equal(0, (long)first.Json["lag"]!);
        Assert.True(DateTimeOffset.TryParse((string)first.Json["time"]!, out _));
        Assert.Equal("up-to-date", (await events.NextAsync()).Type);
    }

    [Fact]
    public async Task A_tail_begins_at_the_end_and_shows_what_comes()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 2);
        await broker.ProduceAsync("orders", 0, "old");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        await events.NextAsync("up-to-date");

        // One after the other: records of two partitions that are there at once have no order.
        await broker.ProduceAsync("orders", 1, "one\r\ndata: x\n\nevent: error");
        var one = await events.NextAsync("message");
        await broker.ProduceAsync("orders", ["""{"key":"k","partition":0,"value":null}"""]);
        var tombstone = await events.NextAsync("message");
        Assert.Equal("one\r\ndata: x\n\nevent: error", one.Text);
        Assert.EndsWith("~1.1", one.Id, StringComparison.Ordinal);
        Assert.True(tombstone.Json.AsObject().ContainsKey("value"));
        Assert.EndsWith("~2.1", tombstone.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_to_date_is_said_after_a_backlog_and_not_again_for_every_record()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest");
        Assert.Equal(2, (long)(await events.NextAsync("heartbeat")).Json["lag"]!);
        Assert.Equal(["message", "message", "up-to-date"], [(await events.NextAsync()).Type, (await events.NextAsync()).Type, (await events.NextAsync()).Type]);
        for (var i = 0; i < 3; i++)
        {
            await broker.ProduceAsync("orders", 0, $"{i}");
            Assert.Equal($"{i}", (await events.NextAsync("message")).Text);
        }
    }

    [Fact]
    public async Task Heartbeats_come_at_their_time_with_the_lag()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("orders");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        var last = await events.NextAsync("heartbeat");
        await events.NextAsync("up-to-date");
        for (var i = 0; i < 3; i++)
        {
            var next = await time.PassUntilAsync(TimeSpan.FromSeconds(1), events.NextAsync("heartbeat"));
            Assert.True(TimeOf(next) - TimeOf(last) >= TimeSpan.FromSeconds(15), $"{last.Data}, then {next.Data}");
            Assert.Equal(0, (long)next.Json["lag"]!);
            last = next;
        }

        static DateTimeOffset TimeOf(ServerEvent heartbeat) => (DateTimeOffset)heartbeat.Json["time"]!;
    }

    [Fact]
    public async Task Several_topics_are_tailed_in_one_stream()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("a", 2);
        await broker.CreateAsync("b");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/events?topic=a&topic=b");
        await events.NextAsync("up-to-date");
        await broker.ProduceAsync("b", 0, "in b");
        var first = await events.NextAsync("message");
        await broker.ProduceAsync("a", 1, "in a");
        var second = await events.NextAsync("message");

        Assert.Equal(("b", "a"), ((string)first.Json["topic"]!, (string)second.Json["topic"]!));
        Assert.Matches("^1~[0-9a-z]{8}~0\\.1~[0-9a-z]{8}~1$", second.Id);
        Assert.Equal(["in a", "in b"], (await Task.WhenAll(ReadTwoAsync("a", "b"))).Single().Order());

        async Task<string[]> ReadTwoAsync(params string[] topics)
        {
            var path = $"/v1/events?{string.Join('&', topics.Select(topic => $"topic={topic}"))}&from=earliest";
            await using var both = await EventsReader.OpenAsync(broker, path);
            return [(await both.NextAsync("message")).Text, (await both.NextAsync("message")).Text];
        }
    }

    [Fact]
    public async Task A_partition_that_is_added_is_read_from_its_beginning()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("orders");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        await events.NextAsync("up-to-date");
        var patched = await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":3}""", headers: ("If-Match", "*"));
        Assert.Equal(200, patched.Status);
        await broker.ProduceAsync("orders", 2, "new");

        var next = await time.PassUntilAsync(TimeSpan.FromSeconds(1), events.NextAsync("message"));

        Assert.Equal("new", next.Text);
        Assert.EndsWith("~0.0.1", next.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_limited_stream_says_goodbye_and_is_over()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest&limit=2");
        Assert.Equal(("a", "b"), ((await events.NextAsync("message")).Text, (await events.NextAsync("message")).Text));
        var bye = await events.NextAsync("bye");

        Assert.Equal(("1~end", """{"reason":"limit","reconnect":false}"""), (bye.Id, bye.Data));
        Assert.Null(await events.NextOrEndAsync());
        var again = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/events?from=earliest&limit=2", headers: ("Last-Event-ID", bye.Id));
        Assert.Equal((204, ""), (again.Status, again.Body));
    }
}
