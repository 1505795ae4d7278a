using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server.Tail;

/// <summary>Streams of every kind come and go while records are written: each gets exactly what the log has for it, in its order.</summary>
public sealed class TailStreamsTests
{
    private const int Partitions = 3;
    private const int Rounds = 200;

    [Theory]
    [InlineData("")]
    [InlineData("&key=1")]
    [InlineData("&header.odd=yes")]
    [InlineData("&partitions=0,2")]
    [InlineData("&as=base64")]
    public async Task Streams_that_come_and_go_while_records_are_written_miss_and_repeat_nothing(string query)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", Partitions);
        var writing = WriteAsync(broker);

        var streams = await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() => ReadAllAsync(broker, query, seed))));

        await writing;
        var expected = (await broker.PageAsync($"/v1/topics/orders/records?limit=10000{query}")).Records.Select(record => record.ToJsonString()).ToList();
        Assert.NotEmpty(expected);
        foreach (var seen in streams)
        {
            for (var partition = 0; partition < Partitions; partition++)
                Assert.Equal(Of(partition, expected), Of(partition, seen));
        }
    }

    [Fact]
    public async Task A_limit_ends_a_stream_in_the_middle_of_what_the_hub_gave()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await using var limited = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?limit=2");
        await limited.NextAsync("up-to-date");
        using var lines = await broker.Client.GetAsync(
            new Uri("/v1/topics/orders/records?follow=true&limit=2", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

        await broker.ProduceAsync("orders", 0, "a", "b", "c");

        Assert.Equal(("a", "b"), ((await limited.NextAsync("message")).Text, (await limited.NextAsync("message")).Text));
        Assert.Equal("1~end", (await limited.NextAsync("bye")).Id);
        var last = JsonNode.Parse((await lines.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n')[^1])!;
        Assert.Equal("limit", (string)last["reason"]!);
        Assert.EndsWith("~2", (string)last["cursor"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_id_advances_with_what_the_filter_of_a_tail_drops()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?key=mine");
        await events.NextAsync("up-to-date");

        for (var i = 0; i < 5; i++) await broker.ProduceAsync("orders", [$$"""{"key":"other","text":"{{i}}"}"""]);
        await broker.ProduceAsync("orders", ["""{"key":"mine","text":"found"}"""]);

        var found = await events.NextAsync("message");
        Assert.Equal("found", found.Text);
        Assert.EndsWith("~6", found.Id, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_reads_nothing_for_a_while_is_served_from_the_log_and_holds_nobody_up()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        using var stalled = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await stalled.ConnectAsync(broker.Address.Host, broker.Address.Port);
        await stalled.SendAsync(Encoding.ASCII.GetBytes($"GET /v1/topics/orders/events?limit=40 HTTP/1.1\r\nHost: {broker.Address.Authority}\r\n\r\n"));
        await using var healthy = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        await healthy.NextAsync("up-to-date");
        var head = await ReadUntilAsync(stalled, "up-to-date");

        var filler = new string('x', 500_000);
        for (var i = 0; i < 40; i++)
        {
            await broker.ProduceAsync("orders", 0, $"{i} {filler}");
            Assert.StartsWith($"{i} ", (await healthy.NextAsync("message")).Text, StringComparison.Ordinal);
        }

        var all = head + await ReadUntilAsync(stalled, "event: bye");
        for (var i = 0; i < 40; i++) Assert.Single(all.Split($"\"text\":\"{i} "), part => part.StartsWith("xxx", StringComparison.Ordinal));
    }

    private static async Task WriteAsync(TestBroker broker)
    {
        for (var i = 0; i < Rounds; i++)
        {
            var records = Enumerable.Range(0, Partitions).Select(partition =>
                $$"""{"partition":{{partition}},"key":"{{i % 2}}","text":"{{i}}","headers":[["odd","{{(i % 2 == 1 ? "yes" : "no")}}"]]}""");
            await broker.ProduceAsync("orders", i % 5 == 0 ? records : records.Take(1 + (i % Partitions)));
        }

        // The last record of every partition matches whatever is asked for.
        await broker.ProduceAsync("orders", Enumerable.Range(0, Partitions).Select(partition =>
            $$"""{"partition":{{partition}},"key":"1","value":{"last":true},"headers":[["odd","yes"]]}"""));
    }

    // Reads everything in pieces: each begins where the one before ended, and is cut after some bytes or events.
    private static async Task<List<string>> ReadAllAsync(TestBroker broker, string query, int seed)
    {
        var random = new Random(seed);
        var seen = new List<string>();
        var lastsLeft = query.Contains("partitions", StringComparison.Ordinal) ? 2 : Partitions;
        string? lastEventId = null;
        while (lastsLeft > 0)
        {
            await using var events = await EventsReader.OpenAsync(broker, $"/v1/topics/orders/events?from=earliest{query}", lastEventId);
            if (random.Next(3) > 0) events.CutAfter = random.Next(100, 20_000);
            for (var left = random.Next(1, 200); left > 0 && lastsLeft > 0 && await events.NextOrEndAsync() is { } found; left--)
            {
                Assert.Contains(found.Type, new[] { "message", "heartbeat", "up-to-date" });
                if (found.Type != "message") continue;
                seen.Add(found.Json.ToJsonString());
                if ((string?)found.Json["base64"] == "eyJsYXN0Ijp0cnVlfQ==" || found.Json["value"] is not null) lastsLeft--;
            }

            lastEventId = events.LastEventId ?? lastEventId;
        }

        return seen;
    }

    private static IEnumerable<string> Of(int partition, List<string> records) =>
        records.Where(record => (int)JsonNode.Parse(record)!["partition"]! == partition);

    private static async Task<string> ReadUntilAsync(Socket socket, string end)
    {
        var text = new StringBuilder();
        var buffer = new byte[64 * 1024];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        for (var tail = ""; !tail.Contains(end, StringComparison.Ordinal);)
        {
            var count = await socket.ReceiveAsync(buffer, patience.Token);
            Assert.NotEqual(0, count);
            var piece = Encoding.UTF8.GetString(buffer, 0, count);
            text.Append(piece);
            tail = (tail + piece)[^Math.Min(200, tail.Length + piece.Length)..];
        }

        return text.ToString();
    }
}
