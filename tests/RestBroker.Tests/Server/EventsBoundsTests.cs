using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Tests.Server;

public sealed class EventsBoundsTests
{
    [Theory]
    [InlineData("/v1/topics/nobody/events", 404, "unknown-topic-or-partition")]
    [InlineData("/v1/topics/orders/events?form=earliest", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/events?from=42", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/events?cursor=x", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/events?cursor=1~end", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/events?cursor=1~k3f9a2q0~0", 409, "topic-recreated")]
    [InlineData("/v1/topics/orders/events?cursor=1~{0}~0", 410, "offset-trimmed")]
    [InlineData("/v1/topics/orders/events?cursor=1~{0}~99", 416, "offset-out-of-range")]
    [InlineData("/v1/topics/orders/events?partitions=7", 422, "invalid-partitions")]
    [InlineData("/v1/topics/orders/events?limit=10001", 422, "invalid-range")]
    [InlineData("/v1/events", 400, "invalid-request")]
    [InlineData("/v1/events?topic=orders&topic=orders", 400, "invalid-request")]
    [InlineData("/v1/events?topic=orders&topic=nobody", 404, "unknown-topic-or-partition")]
    [InlineData("/v1/events?topic=orders&topic=b&partitions=0", 400, "invalid-request")]
    public async Task A_first_request_is_refused_by_a_status(string path, int status, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.CreateAsync("b");
        await broker.ProduceAsync("orders", 0, "a", "b");
        await broker.TrimAsync("orders", 0, 1);
        var incarnation = (string)(await broker.GetAsync("/v1/topics/orders")).Json["incarnation"]!;

        var refused = await broker.GetAsync(path.Replace("{0}", incarnation, StringComparison.Ordinal));

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.Equal("application/problem+json", refused.Header("Content-Type"));
    }

    [Fact]
    public async Task Another_media_type_is_not_acceptable()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var refused = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/events", headers: ("Accept", "application/json"));

        Assert.Equal((406, "not-acceptable"), (refused.Status, refused.Code));
        Assert.Contains("text/event-stream", refused.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("MaxStreams", 503, "too-many-streams")]
    [InlineData("MaxStreamsPerAddress", 429, "too-many-requests")]
    public async Task Streams_beyond_the_cap_are_refused_before_they_begin(string option, int status, string code)
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { [option] = "1" });
        await broker.CreateAsync("orders");

        await using (var first = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events"))
        {
            await first.NextAsync();
            foreach (var path in new[] { "/v1/topics/orders/events", "/v1/topics/orders/records?follow=true" })
            {
                var refused = await broker.SendAsync(HttpMethod.Get, path, headers: ("Last-Event-ID", ""));
                Assert.Equal((status, code), (refused.Status, refused.Code));
                Assert.NotNull(refused.Header("Retry-After"));
            }
        }

        await Eventually.IsTrueAsync(async () => await StatusAsync(broker) == 200);
    }

    [Fact]
    public async Task A_stream_that_grows_beyond_the_partitions_allowed_says_so_and_ends()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxPartitionsPerRead"] = "2" }, time: time);
        await broker.CreateAsync("orders", 2);
        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events");
        await events.NextAsync("up-to-date");

        await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":3}""", headers: ("If-Match", "*"));
        var problem = await time.PassUntilAsync(TimeSpan.FromSeconds(1), events.NextAsync("problem"));

        Assert.Equal(("1~end", "invalid-range"), (problem.Id, (string)problem.Json["code"]!));
        Assert.Equal("1~end", (await events.NextAsync("bye")).Id);
    }

    [Fact]
    public async Task A_partition_that_the_topic_created_again_does_not_have_is_a_problem_in_the_stream()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        await using var events = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events?partitions=2", "1~k3f9a2q0~..5");

        Assert.Equal("invalid-partitions", (string)(await events.NextAsync("problem")).Json["code"]!);
        Assert.Equal("1~end", (await events.NextAsync("bye")).Id);
    }

    [Fact]
    public async Task A_client_that_reads_nothing_is_closed()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxStreams"] = "1" }, time: time);
        await broker.CreateAsync("orders");
        for (var i = 0; i < 24; i++) await broker.ProduceAsync("orders", 0, new string('x', 1_000_000));

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(broker.Address.Host, broker.Address.Port);
        var request = $"GET /v1/topics/orders/events?from=earliest HTTP/1.1\r\nHost: {broker.Address.Authority}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        Assert.Equal("HTTP/1.1 200"u8.ToArray(), await ReadAsync(socket, 12));
        Assert.Equal(503, await StatusAsync(broker));

        await time.PassUntilAsync(TimeSpan.FromSeconds(1), async () => await StatusAsync(broker) == 200);

        Assert.InRange(time.GetUtcNow() - time.Start, TimeSpan.FromSeconds(45), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task A_client_that_reads_nothing_does_not_keep_the_broker_from_stopping()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("orders");
        for (var i = 0; i < 24; i++) await broker.ProduceAsync("orders", 0, new string('x', 1_000_000));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(broker.Address.Host, broker.Address.Port);
        var request = $"GET /v1/topics/orders/events?from=earliest HTTP/1.1\r\nHost: {broker.Address.Authority}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(request));
        await ReadAsync(socket, 12);
        await Eventually.IsTrueAsync(() => Task.FromResult(broker.Services.GetRequiredService<StreamClocks>().Stalls.Count > 0));

        var (stopped, began) = (broker.StopAsync(), time.GetUtcNow());
        await time.PassUntilAsync(TimeSpan.FromMilliseconds(10), stopped);

        // Nobody writes any more after four seconds, not after the 45 of a client that stalls; what the machine takes for the rest is added.
        Assert.InRange(time.GetUtcNow() - began, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var read = 0; read < count;) read += await socket.ReceiveAsync(bytes.AsMemory(read));
        return bytes;
    }

    private static async Task<int> StatusAsync(TestBroker broker)
    {
        using var response = await broker.Client.GetAsync(new Uri("/v1/topics/orders/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        return (int)response.StatusCode;
    }
}
