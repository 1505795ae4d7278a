namespace RestBroker.Tests.Server;

/// <summary>A browser that comes back with Last-Event-ID is answered 200 whatever happened, and told in the stream.</summary>
public sealed class EventsResumeTests
{
    [Fact]
    public async Task A_stream_goes_on_after_the_last_event_over_a_restart_of_the_broker()
    {
        var directory = Directory.CreateTempSubdirectory("restbroker-").FullName;
        string lastEventId;
        await using (var broker = TestBroker.Start(dataDirectory: directory))
        {
            await broker.CreateAsync("orders", 2);
            for (var i = 0; i < 6; i++) await broker.ProduceAsync("orders", i % 2, $"{i}");
            await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest");
            for (var i = 0; i < 4; i++) await events.NextAsync("message");
            lastEventId = events.LastEventId!;
        }

        await using (var broker = TestBroker.Start(dataDirectory: directory))
        {
            await broker.ProduceAsync("orders", 0, "6");
            await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events", lastEventId);
            var first = await events.NextAsync();
            Assert.Equal(("heartbeat", lastEventId, 3), (first.Type, first.Id, (long)first.Json["lag"]!));
            var rest = new[] { await events.NextAsync("message"), await events.NextAsync("message"), await events.NextAsync("message") };
            await events.NextAsync("up-to-date");

            // The first four came partition by partition: 0 2 4 and 1, or 1 3 5 and 0.
            var isEvenFirst = lastEventId.EndsWith("~3.1", StringComparison.Ordinal);
            Assert.Equal(isEvenFirst ? ["3", "5", "6"] : ["2", "4", "6"], rest.Select(found => found.Text).Order());
        }

        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task Shutting_down_says_goodbye_and_to_come_back()
    {
        var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a");
        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest");
        await events.NextAsync("message");
        var up = await events.NextAsync("up-to-date");

        // The answers that are open are ended before the client is disposed of.
        var stopped = broker.StopAsync();
        var bye = await events.NextAsync("bye");

        Assert.Equal("""{"reason":"shutting-down","reconnect":true}""", bye.Data);
        Assert.Equal(up.Id, bye.Id);
        Assert.Null(await events.NextOrEndAsync());
        await stopped.WaitAsync(TimeSpan.FromSeconds(5));
        await broker.DisposeAsync();
    }

    [Fact]
    public async Task What_was_trimmed_is_a_gap_and_the_stream_goes_on_behind_it()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c", "d");
        var id = await IdAsync(broker, "orders", 1);
        await broker.TrimAsync("orders", 0, 3);

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events", id);
        Assert.Equal(id, (await events.NextAsync("heartbeat")).Id);
        var gap = await events.NextAsync("gap");

        Assert.Equal("""{"topic":"orders","partition":0,"from":1,"to":3,"reason":"trimmed"}""", gap.Data);
        Assert.EndsWith("~3", gap.Id, StringComparison.Ordinal);
        Assert.Equal("d", (await events.NextAsync("message")).Text);
    }

    [Fact]
    public async Task A_topic_that_was_created_again_is_read_from_its_beginning_after_a_reset()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "old", "old", "old");
        var id = await IdAsync(broker, "orders", 2);
        await broker.DeleteAsync("orders");
        await broker.CreateAsync("orders", 2);
        await broker.ProduceAsync("orders", 0, "new");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events", id);
        var reset = await events.NextAsync("reset");

        Assert.Equal("""{"topic":"orders","reason":"recreated"}""", reset.Data);
        Assert.EndsWith("~0.0", reset.Id, StringComparison.Ordinal);
        Assert.NotEqual(id[..10], reset.Id[..10]);
        Assert.Equal("new", (await events.NextAsync("message")).Text);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_and_created_again_under_a_stream_is_a_reset_or_its_end()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        await events.NextAsync("up-to-date");

        await broker.DeleteAsync("orders");
        var problem = await events.NextAsync("problem");
        var bye = await events.NextAsync("bye");

        Assert.Equal(("1~end", "unknown-topic-or-partition"), (problem.Id, (string)problem.Json["code"]!));
        Assert.Equal(("1~end", """{"reason":"unknown-topic-or-partition","reconnect":false}"""), (bye.Id, bye.Data));
        Assert.Null(await events.NextOrEndAsync());
    }

    [Fact]
    public async Task A_topic_that_is_gone_is_a_problem_and_goodbye()
    {
        await using var broker = TestBroker.Start();

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/gone/events", "1~k3f9a2q0~5");
        var problem = await events.NextAsync();
        var bye = await events.NextAsync();

        Assert.Equal(("problem", "1~end", 404), (problem.Type, problem.Id, (int)problem.Json["status"]!));
        Assert.Equal(("bye", "1~end", false), (bye.Type, bye.Id, (bool)bye.Json["reconnect"]!));
        Assert.Null(await events.NextOrEndAsync());
    }

    [Theory]
    [InlineData("", "late")]
    [InlineData("?from=earliest", "a")]
    [InlineData("?from=-1", "c")]
    public async Task A_position_beyond_the_end_is_reset_to_where_the_request_begins(string query, string expected)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");

        await using var events = await EventsReader.OpenAsync(broker, $"/v1/topics/orders/events{query}", await IdAsync(broker, "orders", 50));
        var reset = await events.NextAsync("reset");
        await broker.ProduceAsync("orders", 0, "late");

        Assert.Equal((50, "beyond-end"), ((long)reset.Json["from"]!, (string)reset.Json["reason"]!));
        Assert.EndsWith($"~{reset.Json["to"]}", reset.Id, StringComparison.Ordinal);
        while (true)
        {
            var next = await events.NextAsync();
            if (next.Type != "message") continue;
            Assert.Equal(expected, next.Text);
            return;
        }
    }

    [Theory]
    [InlineData("42")]
    [InlineData("1~end~")]
    [InlineData("1~k3f9a2q0~5~zzzzzzzz~5")]
    public async Task A_position_that_cannot_be_read_is_reset(string id)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest", id);
        var reset = await events.NextAsync();

        Assert.Equal(("reset", """{"reason":"malformed"}"""), (reset.Type, reset.Data));
        Assert.EndsWith("~0", reset.Id, StringComparison.Ordinal);
        Assert.Equal("a", (await events.NextAsync("message")).Text);
    }

    [Fact]
    public async Task Last_Event_ID_goes_before_cursor_and_cursor_before_the_end()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");
        var cursor = await IdAsync(broker, "orders", 1);

        await using var byCursor = await EventsReader.OpenAsync(broker, $"/v1/topics/orders/events?cursor={cursor}");
        await using var byId = await EventsReader.OpenAsync(broker, $"/v1/topics/orders/events?cursor={cursor}", await IdAsync(broker, "orders", 2));

        Assert.Equal(("b", "c"), ((await byCursor.NextAsync("message")).Text, (await byId.NextAsync("message")).Text));
    }

    [Fact]
    public async Task The_id_advances_over_what_a_filter_drops()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?from=earliest&key=nobody");

        Assert.EndsWith("~3", (await events.NextAsync("up-to-date")).Id, StringComparison.Ordinal);
    }

    private static async Task<string> IdAsync(TestBroker broker, string topic, long offset) =>
        $"1~{(await broker.GetAsync($"/v1/topics/{topic}")).Json["incarnation"]}~{offset}";
}
