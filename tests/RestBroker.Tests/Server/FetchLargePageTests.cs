using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;
using RestBroker.Server.Streaming;

namespace RestBroker.Tests.Server;

/// <summary>Pages that are sent as they are read.</summary>
public sealed class FetchLargePageTests
{
    private const string Path = "/v1/topics/orders/partitions/0/records?offset=0&limit=10000";

    [Theory]
    [InlineData("/v1/topics/orders/records?limit=10000")]
    [InlineData(Path)]
    public async Task A_small_page_has_a_length_and_a_large_one_has_the_same_form_without(string path)
    {
        await using var broker = TestBroker.Start();
        await FillAsync(broker, 3, 3, 100);
        var small = await broker.GetAsync(path);
        await FillAsync(broker, 0, 3, 90_000);

        var large = await broker.GetAsync(path);

        Assert.Equal((null, "application/json"), (small.Message.Headers.TransferEncodingChunked, small.Header("Content-Type")));
        Assert.Equal((true, "application/json"), (large.Message.Headers.TransferEncodingChunked, large.Header("Content-Type")));
        Assert.Equal(["records", "cursor", "upToDate"], large.Json.AsObject().Select(member => member.Key));
        Assert.StartsWith(small.Body[..small.Body.IndexOf(']', StringComparison.Ordinal)], large.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("&maxBytes=16000000", 0, 39)] // several steps, to the end of the log
    [InlineData("&maxBytes=1500000", 0, 13)] // several steps, full in the midst of a batch
    [InlineData("&maxBytes=16000000&limit=7", 0, 6)]
    [InlineData("&maxBytes=16000000&keyPrefix=1", 1, 19)]
    public async Task The_ETag_of_a_large_page_names_the_records_that_come(string query, long first, long last)
    {
        await using var broker = TestBroker.Start();
        for (var i = 0; i < 8; i++) await FillAsync(broker, i * 5, 5, 100_000);
        var path = Path.Replace("&limit=10000", "", StringComparison.Ordinal) + query;

        var page = await broker.GetAsync(path);

        var offsets = page.Json["records"]!.AsArray().Select(record => (long)record!["offset"]!).ToList();
        Assert.Equal((first, last), (offsets[0], offsets[^1]));
        Assert.EndsWith($"-{first}-{last}-{offsets.Count}\"", page.ETag, StringComparison.Ordinal);
        var again = await broker.SendAsync(HttpMethod.Get, path, headers: ("If-None-Match", page.ETag!));
        Assert.Equal((304, "", page.ETag), (again.Status, again.Body, again.ETag));
        var head = await broker.SendAsync(HttpMethod.Head, path);
        Assert.Equal((200, "", page.ETag), (head.Status, head.Body, head.ETag));
    }

    [Fact]
    public async Task What_is_stored_after_the_look_ahead_is_left_to_the_next_page()
    {
        await using var broker = TestBroker.Start();
        await FillAsync(broker, 0, 10, 100);
        var (engine, time) = (broker.Services.GetRequiredService<ILogEngine>(), TimeProvider.System);
        var wishes = new ReadWishes(new PartitionFetchQuery(), default, new RestBrokerOptions());
        var topic = await engine.GetTopicAsync("orders", default);
        using var lifetime = new ReadLifetime(default, default);
        using var session = new ReadSession(engine, wishes.Page([new TopicPosition(topic, [0], false)], isResolved: true));
        var loop = new PageLoop(session, time, TimeSpan.Zero, long.MaxValue);
        await loop.NextAsync(lifetime);
        Assert.True(session.TryRead(out var item) && item.Record.Offset == 0);

        var ahead = await loop.LookAheadAsync(lifetime);
        await FillAsync(broker, 10, 5, 100);

        var offsets = new List<long>();
        do
        {
            while (session.TryRead(out item)) offsets.Add(item.Record.Offset);
        }
        while (await loop.NextAsync(lifetime));
        Assert.Equal((9L, 10L), (ahead.LastOffset!.Value, ahead.Count));
        Assert.Equal(Enumerable.Range(1, 9).Select(i => (long)i), offsets);
        Assert.Equal(10, session.Position[0].Slots.Span[0]);
    }

    [Fact]
    public async Task A_stop_leaves_a_page_whole_whose_rest_was_read_ahead()
    {
        await using var broker = TestBroker.Start();
        for (var i = 0; i < 15; i++) await FillAsync(broker, i, 1, 100_000);
        var engine = broker.Services.GetRequiredService<ILogEngine>();
        var wishes = new ReadWishes(new FetchQuery { MaxBytes = 4_000_000 }, default, new RestBrokerOptions());
        var topic = await engine.GetTopicAsync("orders", default);
        using var stopping = new CancellationTokenSource();
        using var lifetime = new ReadLifetime(default, stopping.Token);
        using var session = new ReadSession(engine, wishes.Page([new TopicPosition(topic, [0], false)], isResolved: true));
        var loop = new PageLoop(session, TimeProvider.System, TimeSpan.Zero, long.MaxValue);
        await loop.NextAsync(lifetime);
        Assert.Equal(15, (await loop.LookAheadAsync(lifetime)).Count);

        await stopping.CancelAsync();
        do
        {
            while (session.TryRead(out _))
            {
                // To the end of the page.
            }
        }
        while (await loop.NextAsync(lifetime));

        Assert.Equal(15, session.Delivered);
    }

    [Fact]
    public async Task A_page_that_ends_because_its_topic_was_deleted_is_not_up_to_date()
    {
        await using var broker = TestBroker.Start();
        for (var i = 0; i < 20; i++) await FillAsync(broker, i, 1, 100_000);
        var engine = broker.Services.GetRequiredService<ILogEngine>();
        var wishes = new ReadWishes(new FetchQuery { MaxBytes = 4_000_000 }, default, new RestBrokerOptions());
        var topic = await engine.GetTopicAsync("orders", default);
        using var lifetime = new ReadLifetime(default, default);
        using var session = new ReadSession(engine, wishes.Page([new TopicPosition(topic, [0], false)], isResolved: true));
        var loop = new PageLoop(session, TimeProvider.System, TimeSpan.Zero, long.MaxValue);
        await loop.NextAsync(lifetime);

        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders", headers: ("If-Match", "*"))).Status);
        do
        {
            while (session.TryRead(out _))
            {
                // To the end of the page.
            }
        }
        while (await loop.NextAsync(lifetime));

        Assert.InRange(session.Delivered, 1, 19);
        Assert.False(session.IsUpToDate);
    }

    [Theory]
    [InlineData("/v1/topics/orders/records?limit=10000&maxBytes=16777216")]
    [InlineData(Path + "&maxBytes=16777216")]
    public async Task A_client_that_stops_reading_is_cut_off_and_sees_that_the_page_has_no_end(string path)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(time: time);
        for (var i = 0; i < 16; i++) await FillAsync(broker, i, 1, 1_000_000);
        using var requests = new ActiveRequests(broker);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(broker.Address.Host, broker.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: {broker.Address.Authority}\r\n\r\n"));
        await Eventually.IsTrueAsync(() => Task.FromResult(requests.Count == 1));

        await time.PassUntilAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(requests.Count == 0));

        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.FromSeconds(45), TimeSpan.FromHours(1));
        var answer = await ReadToEndAsync(socket);
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.False(answer.EndsWith("0\r\n\r\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/x-kafka-recordbatch")]
    public async Task A_client_that_reads_next_to_nothing_in_the_time_allowed_gets_its_page_all_the_same(string accept)
    {
        if (!OperatingSystem.IsLinux()) return; // where else is it told?
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(time: time);
        await FillAsync(broker, 0, 8, 250_000);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(broker.Address.Host, broker.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET {Path}&maxBytes=4000000 HTTP/1.1\r\nHost: {broker.Address.Authority}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n".Replace(
                "&limit=10000", accept == "application/json" ? "&limit=10000" : "", StringComparison.Ordinal)));

        var read = 0;
        var buffer = new byte[32 * 1024];
        for (var count = 0; (count = await socket.ReceiveAsync(buffer)) > 0; read += count)
        {
            if (read / buffer.Length != (read + count) / buffer.Length) time.Advance(TimeSpan.FromSeconds(40));
        }

        Assert.True(read > 2_000_000, $"{read} bytes came.");
    }

    [Fact]
    public async Task A_value_larger_than_a_slice_and_one_that_is_escaped_come_whole()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        string[] texts = [new('x', 900_000), string.Concat(Enumerable.Repeat("\u0001\"", 40_000)), "end"];
        await broker.ProduceAsync("orders", 0, texts);

        Assert.Equal(texts, (await broker.PageAsync("/v1/topics/orders/records?maxBytes=4000000")).Texts);
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using var all = new MemoryStream();
        var buffer = new byte[65536];
        try
        {
            while (await socket.ReceiveAsync(buffer) is > 0 and var count) all.Write(buffer, 0, count);
        }
        catch (SocketException)
        {
            // Cut off: what was on its way may be gone.
        }

        return Encoding.ASCII.GetString(all.ToArray());
    }

    // One batch of records, each with its number as the key.
    private static async Task FillAsync(TestBroker broker, int from, int count, int size)
    {
        var value = new string('v', size);
        await broker.ProduceAsync("orders", Enumerable.Range(from, count).Select(i => $$"""{"key":"{{i}}","text":"{{value}}"}"""));
    }
}
