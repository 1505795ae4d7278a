using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace RestBroker.Tests.Server;

/// <summary>receipts=each and partial=true: what a client is told of each record.</summary>
public sealed class ReceiptsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Each_record_has_its_receipt_while_the_upload_is_open()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");
        using var upload = await OpenUpload.BeginAsync(broker, "/v1/topics/orders/records?receipts=each");

        await upload.SendAsync("{\"partition\":1,\"text\":\"a\",\"timestamp\":1700000000000}\n");
        Assert.Equal("""{"line":1,"partition":1,"offset":0,"timestamp":1700000000000}""", await upload.ReadLineAsync());
        await upload.SendAsync("nonsense\n");
        Assert.Equal((2, "invalid-json"), CodeOf(await upload.ReadLineAsync()));
        await upload.SendAsync("{\"partition\":1,\"text\":\"b\",\"timestamp\":1700000000001}\n");
        Assert.Equal("""{"line":3,"partition":1,"offset":1,"timestamp":1700000000001}""", await upload.ReadLineAsync());
        await upload.EndAsync();

        var end = JsonNode.Parse((await upload.ReadLineAsync())!)!;
        Assert.Equal((true, 2, 1), ((bool)end["end"]!, (int)end["ok"]!, (int)end["failed"]!));
    }

    [Fact]
    public async Task A_client_that_sends_and_does_not_read_is_cut_off_and_whole_batches_stay()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await using var broker = TestBroker.Start(time: time);
        await broker.PutAsync("/v1/topics/orders");
        using var upload = await OpenUpload.BeginAsync(broker, "/v1/topics/orders/records?receipts=each");
        var line = new StringBuilder().Insert(0, "{\"text\":\"x\"}\n", 1_000).ToString();

        var isCut = false;
        while (!isCut)
        {
            var sending = upload.SendAsync(line);
            // Once both sides wait, only the broker's clock can end it; until then it hardly moves.
            await time.PassUntilAsync(TimeSpan.FromMilliseconds(50), sending);
            isCut = sending.IsFaulted;
        }

        var stored = (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!;
        Assert.True(stored > 1_000);
    }

    [Theory]
    [InlineData("/v1/topics/t/records?receipts=each", "application/json")]
    [InlineData("/v1/topics/t/records?receipts=some", "application/x-ndjson")]
    [InlineData("/v1/topics/t/records?partial=true", "application/x-ndjson")]
    [InlineData("/v1/topics/t/records?partial=maybe", "application/json")]
    public async Task What_means_nothing_there_is_400(string path, string type)
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.PostAsync(path, """{"records":[{"text":"a"}]}""", type);

        Assert.Equal(400, refused.Status);
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/t")).Status);
    }

    [Fact]
    public async Task Where_a_partition_fails_an_answer_tells_what_is_stored()
    {
        await using var broker = TestBroker.Start();
        var topic = await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");
        Directory.Delete(Path.Combine(broker.DataDirectory, "topics", (string)topic.Json["topicId"]!, "1"), recursive: true);
        const string Body = """{"records":[{"partition":0,"text":"a"},{"partition":1,"text":"b"},{"partition":0,"text":"c"}]}""";

        var partial = await broker.PostAsync("/v1/topics/orders/records?partial=true", Body);
        var whole = await broker.PostAsync("/v1/topics/orders/records", Body);
        var none = await broker.PostAsync("/v1/topics/orders/records?partial=true", """{"records":[{"partition":1,"text":"b"}]}""");

        Assert.Equal((207, false), (partial.Status, (bool)partial.Json["duplicate"]!));
        Assert.Equal([0L, null, 1], partial.Json["results"]!.AsArray().Select(result => (long?)result!["offset"]));
        Assert.Equal("storage-failed", (string)partial.Json["results"]![1]!["code"]!);
        Assert.Equal((503, "possible"), (whole.Status, (string)whole.Json["sideEffects"]!));
        Assert.Equal([2L, null, 3], whole.Json["results"]!.AsArray().Select(result => (long?)result!["offset"]));
        Assert.Equal((503, "storage-failed"), (none.Status, none.Code));
    }

    private static (int Line, string Code) CodeOf(string? line) => ((int)JsonNode.Parse(line!)!["line"]!, (string)JsonNode.Parse(line!)!["code"]!);

    /// <summary>An upload over a socket: .NET's client reads nothing before it has sent everything.</summary>
    private sealed class OpenUpload : IDisposable
    {
        private readonly TcpClient _client = new();
        private StreamReader? _answer;

        public static async Task<OpenUpload> BeginAsync(TestBroker broker, string path)
        {
            var upload = new OpenUpload();
            await upload._client.ConnectAsync(broker.Address.Host, broker.Address.Port);
            var head = $"POST {path} HTTP/1.1\r\nHost: {broker.Address.Authority}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
            await upload._client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head));
            return upload;
        }

        public async Task SendAsync(string text)
        {
            var chunk = $"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n";
            await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(chunk));
        }

        public async Task EndAsync() => await _client.GetStream().WriteAsync("0\r\n\r\n"u8.ToArray());

        /// <summary>The next line of the answer that is JSON.</summary>
        public async Task<string?> ReadLineAsync()
        {
            _answer ??= new StreamReader(_client.GetStream());
            while (await _answer.ReadLineAsync().WaitAsync(Patience) is { } line)
                if (line.StartsWith('{')) return line;
            return null;
        }

        public void Dispose()
        {
            _answer?.Dispose();
            _client.Dispose();
        }
    }
}
