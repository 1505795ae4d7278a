using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace RestBroker.Tests.Server;

/// <summary>A read that ends at a place: it gives what lies before it, says goodbye, and is over for good.</summary>
public sealed class FetchUntilTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("now")]
    [InlineData("latest")]
    public async Task A_stream_until_now_gives_what_there_is_says_goodbye_and_is_over(string until)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 3);
        for (var i = 0; i < 6; i++) await broker.ProduceAsync("orders", i % 2, $"{i}");
        var path = $"/v1/topics/orders/events?from=earliest&until={until}";

        await using var events = await EventsReader.OpenAsync(broker, path);
        await broker.ProduceAsync("orders", 2, "later");
        var texts = new List<string>();
        for (var i = 0; i < 6; i++) texts.Add((await events.NextAsync("message")).Text);
        var bye = await events.NextAsync("bye");

        Assert.Equal(["0", "1", "2", "3", "4", "5"], texts.Order());
        Assert.Equal(("1~end", """{"reason":"until","reconnect":false}"""), (bye.Id, bye.Data));
        Assert.Null(await events.NextOrEndAsync());
        var again = await broker.SendAsync(HttpMethod.Get, path, headers: ("Last-Event-ID", bye.Id));
        Assert.Equal((204, ""), (again.Status, again.Body));
    }

    [Theory]
    [InlineData("now")]
    [InlineData("2026-01-31T10:00:00Z")]
    public async Task A_position_beyond_the_end_is_told_whatever_the_read_was_to_end_at(string until)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "only");
        var beyond = (await broker.PageAsync("/v1/topics/orders/records")).Cursor[..^1] + "999";
        var path = $"/v1/topics/orders/events?until={until}";

        var page = await broker.GetAsync($"/v1/topics/orders/records?cursor={beyond}&until={until}");
        var first = await broker.GetAsync($"{path}&cursor={beyond}");
        await using var events = await EventsReader.OpenAsync(broker, path, beyond);

        Assert.Equal((416, "offset-out-of-range"), (page.Status, page.Code));
        Assert.Equal((416, "offset-out-of-range"), (first.Status, first.Code));
        Assert.Equal("beyond-end", (string)(await events.NextAsync("reset")).Json["reason"]!);
        Assert.Equal("until", (string)(await events.NextAsync("bye")).Json["reason"]!);
    }

    [Theory]
    [InlineData("2026-01-31T10:00:00Z", 0)]
    [InlineData("2026-01-31T10:02:00Z", 2)]
    [InlineData("2026-01-31T10:02:30+00:00", 3)]
    [InlineData("2026-01-31T11:59:59Z", 5)]
    public async Task A_read_until_a_time_ends_before_the_first_record_of_that_time_or_later(string until, int expected)
    {
        await using var broker = TestBroker.Start(time: new FakeTimeProvider(Noon));
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", Enumerable.Range(0, 5).Select(i => $$"""{"text":"{{i}}","timestamp":"2026-01-31T10:0{{i}}:00Z"}"""));
        var milliseconds = DateTimeOffset.Parse(until, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        var texts = Enumerable.Range(0, expected).Select(i => $"{i}").ToList();

        foreach (var spelling in new[] { until, $"{milliseconds}" })
        {
            var page = await broker.PageAsync($"/v1/topics/orders/records?until={spelling}&wait=50");
            var lines = await broker.GetAsync($"/v1/topics/orders/records?until={spelling}&follow=true");
            await using var events = await EventsReader.OpenAsync(broker, $"/v1/topics/orders/events?from=earliest&until={spelling}");

            Assert.Equal(texts, page.Texts);
            Assert.True(page.UpToDate);
            Assert.EndsWith($"~{expected}", page.Cursor, StringComparison.Ordinal);
            foreach (var text in texts) Assert.Equal(text, (await events.NextAsync("message")).Text);
            Assert.Equal("until", (string)(await events.NextAsync("bye")).Json["reason"]!);
            var shown = lines.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
            Assert.Equal(texts, shown[..^1].Where(line => line["event"] is null).Select(line => (string)line["text"]!));
            Assert.Equal(("until", page.Cursor), ((string)shown[^1]["reason"]!, (string)shown[^1]["cursor"]!));
        }
    }

    [Fact]
    public async Task A_reader_that_was_cut_ends_where_the_first_request_would_have()
    {
        await using var broker = TestBroker.Start(time: new FakeTimeProvider(Noon));
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", Enumerable.Range(0, 4).Select(i => $$"""{"text":"{{i}}","timestamp":"2026-01-31T10:0{{i}}:00Z"}"""));
        const string Path = "/v1/topics/orders/events?from=earliest&until=2026-01-31T10:03:00Z";
        await using var first = await EventsReader.OpenAsync(broker, Path);
        await first.NextAsync("message");

        await using var second = await EventsReader.OpenAsync(broker, Path, first.LastEventId);

        Assert.Equal(("1", "2"), ((await second.NextAsync("message")).Text, (await second.NextAsync("message")).Text));
        Assert.Equal("1~end", (await second.NextAsync("bye")).Id);
    }

    [Fact]
    public async Task A_stream_that_begins_where_it_is_to_end_says_goodbye_at_once()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?until=now");

        Assert.Equal(["heartbeat", "bye"], [(await events.NextAsync()).Type, (await events.NextAsync()).Type]);
    }

    [Theory]
    [InlineData("earliest", 400, "invalid-request")]
    [InlineData("-5", 400, "invalid-request")]
    [InlineData("42", 400, "invalid-request")]
    [InlineData("soon", 400, "invalid-request")]
    [InlineData("2026-01-31T12:00:01Z", 422, "invalid-range")]
    public async Task What_is_no_place_to_end_is_refused(string until, int status, string code)
    {
        await using var broker = TestBroker.Start(time: new FakeTimeProvider(Noon));
        await broker.CreateAsync("orders");

        foreach (var path in new[] { "events", "records" })
        {
            var refused = await broker.GetAsync($"/v1/topics/orders/{path}?until={until}");

            Assert.Equal((status, code), (refused.Status, refused.Code));
            Assert.Contains("until=", refused.Body, StringComparison.Ordinal);
        }
    }
}
