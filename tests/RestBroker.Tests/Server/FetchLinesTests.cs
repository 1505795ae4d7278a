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
        Assert.Equal(["a", "b"], parsed[..^1].Select(line => (string)line["text"]!));
        Assert.EndsWith("~2", (string)parsed[^1]["cursor"]!, StringComparison.Ordinal);
    }

    // A heartbeat is an empty line.
    private static async Task<string> NextAsync(StreamReader reader)
    {
        while (true)
        {
            var line = await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
            if (line!.Length > 0) return (string)JsonNode.Parse(line)!["text"]!;
        }
    }
}
