using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

public sealed class FetchLinesTests
{
    private const string Lines = "application/x-ndjson";

    [Fact]
    public async Task A_page_of_lines_is_the_page_with_the_end_as_its_last_line()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");

        var page = await broker.PageAsync("/v1/topics/orders/records?limit=2");
        var lines = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/records?limit=2", headers: ("Accept", Lines));

        Assert.Equal((200, Lines), (lines.Status, lines.Header("Content-Type")));
        var parsed = lines.Body.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(page.Records.Select(record => record.ToJsonString()), parsed[..^1].Select(line => line.ToJsonString()));
        Assert.Equal($$"""{"end":true,"cursor":"{{page.Cursor}}","upToDate":false}""", parsed[^1].ToJsonString());
    }

    [Fact]
    public async Task Lines_are_refused_as_a_page_is()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var refused = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/records?cursor=1~k3f9a2q0~0", headers: ("Accept", Lines));
        Assert.Equal((409, "topic-recreated"), (refused.Status, refused.Code));
        var json = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/records?follow=true", headers: ("Accept", "application/json"));
        Assert.Equal((406, "not-acceptable"), (json.Status, json.Code));
    }

    [Fact]
    public async Task Lines_that_are_followed_begin_at_the_start_and_have_no_end()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a");

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/topics/orders/records?follow=true");
        request.Headers.Accept.ParseAdd(Lines);
        using var response = await broker.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("a", await NextAsync(reader));
        await broker.ProduceAsync("orders", 0, "b");
        Assert.Equal("b", await NextAsync(reader));

        var stopped = broker.StopAsync();
        var end = JsonNode.Parse((await reader.ReadLineAsync())!)!;
        if (end["event"] is not null) end = JsonNode.Parse((await reader.ReadLineAsync())!)!; // once more at the end of the log
        Assert.Equal((true, true, "shutting-down"), ((bool)end["end"]!, (bool)end["upToDate"]!, (string)end["reason"]!));
        Assert.EndsWith("~2", (string)end["cursor"]!, StringComparison.Ordinal);
        Assert.Null(await reader.ReadLineAsync());
        await stopped;
    }

    [Fact]
    public async Task A_limit_ends_lines_that_are_followed()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");

        var lines = await broker.GetAsync("/v1/topics/orders/records?follow=true&limit=2");

        var parsed = lines.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(["heartbeat", "a", "b"], parsed[..^1].Select(line => (string)(line["event"] ?? line["text"])!));
        Assert.EndsWith("~2", (string)parsed[^1]["cursor"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_line_that_is_followed_tells_where_to_go_on_as_the_id_of_an_event_does()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 2);
        for (var i = 0; i < 6; i++) await broker.ProduceAsync("orders", i % 2, $"{i}");
        const string Path = "/v1/topics/orders/records?follow=true&until=now";
        var whole = await LinesAsync(broker, Path);

        for (var cut = 0; cut < whole.Count - 1; cut++)
        {
            var rest = await LinesAsync(broker, Path, (string)whole[cut]["cursor"]!);
            Assert.Equal(Texts(whole[(cut + 1)..]).Order(), Texts(rest).Order());
        }

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?until=now", (string)whole[2]["cursor"]!);
        Assert.Contains((await events.NextAsync("message")).Text, Texts(whole[3..]));
        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Get, Path, headers: [("Accept", Lines), ("Last-Event-ID", "1~end")])).Status);
    }

    [Fact]
    public async Task Who_comes_back_to_lines_hears_of_trouble_in_a_line_and_a_first_request_by_a_status()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");
        var first = (string)(await LinesAsync(broker, "/v1/topics/orders/records?follow=true&limit=1"))[^1]["cursor"]!;
        await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders/partitions/0/records?before=2");

        var gap = (await LinesAsync(broker, "/v1/topics/orders/records?follow=true&limit=1", first)).First(line => (string?)line["event"] == "gap");
        Assert.Equal((1, 2, "trimmed"), ((int)gap["from"]!, (int)gap["to"]!, (string)gap["reason"]!));
        Assert.Equal("reset", (string)(await LinesAsync(broker, "/v1/topics/orders/records?follow=true&limit=1", "nonsense"))[0]["event"]!);
        Assert.Equal(410, (await broker.GetAsync($"/v1/topics/orders/records?follow=true&cursor={first}")).Status);
    }

    [Fact]
    public async Task The_heartbeat_of_lines_advances_over_what_the_filter_drops()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["HeartbeatSeconds"] = "1" });
        await broker.CreateAsync("orders");
        using var response = await broker.Client.GetAsync(
            new Uri("/v1/topics/orders/records?follow=true&key=mine", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await broker.ProduceAsync("orders", ["""{"key":"other","text":"a"}"""]);

        JsonNode line;
        do line = JsonNode.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!)!;
        while (!((string)line["cursor"]!).EndsWith("~1", StringComparison.Ordinal));

        Assert.NotNull(line["event"]);
    }

    private static List<string> Texts(IEnumerable<JsonNode> lines) =>
        [.. lines.Where(line => line["event"] is null && line["end"] is null).Select(line => (string)line["text"]!)];

    // The order of partitions is another with each read that begins elsewhere; what the position covers is not.
    private static async Task<List<JsonNode>> LinesAsync(TestBroker broker, string path, string? lastEventId = null)
    {
        var lines = await broker.SendAsync(
            HttpMethod.Get, path, headers: lastEventId is null ? [("Accept", Lines)] : [("Accept", Lines), ("Last-Event-ID", lastEventId)]);
        Assert.Equal(200, lines.Status);
        return [.. lines.Body.TrimEnd('\n').Split('\n').Select(line => JsonNode.Parse(line)!)];
    }

    private static async Task<string> NextAsync(StreamReader reader)
    {
        while (true)
        {
            var line = JsonNode.Parse((await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)))!)!;
            if (line["event"] is null) return (string)line["text"]!;
        }
    }
}
