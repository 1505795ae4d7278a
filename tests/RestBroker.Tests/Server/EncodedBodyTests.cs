using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using ZstdSharp;

namespace RestBroker.Tests.Server;

/// <summary>Content-Encoding on produce requests: undone as it comes, within a budget.</summary>
public sealed class EncodedBodyTests
{
    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task An_encoded_body_is_stored_as_it_was_before(string encoding)
    {
        await using var broker = TestBroker.Start();

        var json = await PostAsync(broker, "/v1/topics/t/records", encoding, "application/json", """{"records":[{"text":"json"}]}""");
        var lines = await PostAsync(broker, "/v1/topics/t/records", encoding, "application/x-ndjson", "{\"text\":\"line 1\"}\n{\"text\":\"line 2\"}");
        var raw = await PostAsync(broker, "/v1/topics/t/raw", encoding, "text/plain", "raw");

        Assert.Equal((200, 200, 201), (json.Status, lines.Status, raw.Status));
        Assert.Contains("\"ok\":2", lines.Body, StringComparison.Ordinal);
        var records = (await broker.GetAsync("/v1/topics/t/records")).Json["records"]!.AsArray();
        Assert.Equal(["json", "line 1", "line 2", "raw"], records.Select(record => (string)record!["text"]!));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_bomb_is_413_long_before_it_is_decoded(string encoding)
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRequestBodyBytes"] = "100000", ["MaxDecompressionRatio"] = "50" });
        await broker.PutAsync("/v1/topics/t", """{"configs":{"max.message.bytes":50000}}""");
        var spaces = Encode(encoding, Encoding.ASCII.GetBytes(new string(' ', 30_000_000)));

        Answer[] answers =
        [
            await PostAsync(broker, "/v1/topics/t/records", encoding, "application/json", spaces),
            await PostAsync(broker, "/v1/topics/t/records", encoding, "application/x-ndjson", spaces),
            await PostAsync(broker, "/v1/topics/t/raw", encoding, "text/plain", spaces),
        ];

        // Refused within the budget: what was decoded is bounded by it, and so is the memory that was taken.
        Assert.All(answers, answer => Assert.Equal((413, "request-too-large"), (answer.Status, answer.Code)));
        Assert.Equal(0, (long)(await broker.GetAsync("/v1/topics/t/partitions/0")).Json["nextOffset"]!);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task What_is_not_so_encoded_or_was_cut_is_400(string encoding)
    {
        await using var broker = TestBroker.Start();
        var whole = Encode(encoding, Encoding.UTF8.GetBytes($$"""{"records":[{"text":"{{Convert.ToBase64String(RandomBytes(5_000))}}"}]}"""));

        var foreign = await PostAsync(broker, "/v1/topics/t/records", encoding, "application/json", Encoding.UTF8.GetBytes("""{"records":[]}"""));
        var cut = await PostAsync(broker, "/v1/topics/t/records", encoding, "application/json", whole[..(whole.Length / 2)]);

        Assert.Equal((400, 400), (foreign.Status, cut.Status));
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/t")).Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task A_body_that_was_cut_at_any_byte_is_not_taken_for_a_whole_one(string encoding)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/t");
        var whole = Encode(encoding, Encoding.UTF8.GetBytes("""{"text":"one and only, one and only, one and only"}"""));

        for (var length = 1; length < whole.Length; length++)
        {
            var raw = await PostAsync(broker, "/v1/topics/t/raw", encoding, "text/plain", whole[..length]);
            var lines = await PostAsync(broker, "/v1/topics/t/records", encoding, "application/x-ndjson", whole[..length]);
            Assert.True((raw.Status, lines.Status) == (400, 400), $"{length} of {whole.Length} bytes: {raw.Status}, {lines.Status} {lines.Body}");
        }

        Assert.Equal(201, (await PostAsync(broker, "/v1/topics/t/raw", encoding, "text/plain", whole)).Status);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public async Task An_encoded_upload_is_stored_while_it_is_open(string encoding)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/t");
        var upload = new SlowUpload();
        upload.Headers.ContentEncoding.Add(encoding);
        var answer = broker.Client.PostAsync("/v1/topics/t/records", upload);
        using var memory = new MemoryStream();
        await using var encoder = Encoder(encoding, memory);

        encoder.Write("{\"text\":\"first\"}\n"u8);
        encoder.Flush();
        await upload.WriteAsync(memory.ToArray());
        var first = await broker.GetAsync("/v1/topics/t/records?wait=30");
        upload.End();

        Assert.Equal("first", (string)first.Json["records"]![0]!["text"]!);
        await Answer.OfAsync(await answer);
    }

    [Theory]
    [InlineData("compress")]
    [InlineData("gzip, br")]
    public async Task An_encoding_that_is_not_undone_is_415_and_says_which_are(string encoding)
    {
        await using var broker = TestBroker.Start();

        var answer = await PostAsync(broker, "/v1/topics/t/records", encoding, "application/json", "x"u8.ToArray());

        Assert.Equal((415, "gzip, br, zstd"), (answer.Status, answer.Header("Accept-Encoding")));
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static Task<Answer> PostAsync(TestBroker broker, string path, string encoding, string type, string body) =>
        PostAsync(broker, path, encoding, type, Encode(encoding, Encoding.UTF8.GetBytes(body)));

    private static async Task<Answer> PostAsync(TestBroker broker, string path, string encoding, string type, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return await Answer.OfAsync(await broker.Client.PostAsync(path, content));
    }

    private static byte[] Encode(string encoding, byte[] bytes)
    {
        using var memory = new MemoryStream();
        using (var encoder = Encoder(encoding, memory)) encoder.Write(bytes);
        return memory.ToArray();
    }

    private static Stream Encoder(string encoding, Stream target) => encoding switch
    {
        "gzip" => new GZipStream(target, CompressionLevel.Optimal, leaveOpen: true),
        "br" => new BrotliStream(target, CompressionLevel.Fastest, leaveOpen: true),
        _ => new CompressionStream(target, leaveOpen: true),
    };
}
