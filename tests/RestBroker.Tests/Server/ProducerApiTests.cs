using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;

namespace RestBroker.Tests.Server;

/// <summary>Producers that number their records, over HTTP.</summary>
public sealed class ProducerApiTests
{
    private const string Two = """{"records":[{"text":"one"},{"text":"two","timestamp":5}]}""";

    [Fact]
    public async Task A_request_that_is_sent_again_is_stored_once_and_answered_with_the_first_receipts()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var broker = TestBroker.Start(time: time);
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);

        var first = await SendAsync(broker, Two, $"{id}", "0", "0");
        time.Advance(TimeSpan.FromSeconds(1));
        var again = await SendAsync(broker, Two, $"{id}", "0", "0");

        Assert.Equal((200, false), (first.Status, (bool)first.Json["duplicate"]!));
        Assert.Equal((200, true), (again.Status, (bool)again.Json["duplicate"]!));
        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
        Assert.Equal(2, await NextOffsetAsync(broker));
        Assert.Equal(2, (int)(await StateAsync(broker, id))["nextSequence"]!);
    }

    [Fact]
    public async Task Receipts_of_records_that_were_deleted_since_are_given_again_too()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);
        const string Body = """{"records":[{"text":"one"},{"text":"two"}]}""";
        var first = await SendAsync(broker, Body, $"{id}", "0", "0");
        await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders/partitions/0/records?before=2");

        var again = await SendAsync(broker, Body, $"{id}", "0", "0");

        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
    }

    [Theory]
    [InlineData("1", "0", "3", 409, "out-of-order-sequence", 2)]
    [InlineData("1", "0", "1", 409, "duplicate-sequence", 2)]
    [InlineData("0", "0", "2", 409, "producer-fenced", null)]
    [InlineData("2", "0", "0", 422, "invalid-range", null)]
    public async Task A_sequence_or_an_epoch_that_does_not_fit_is_refused(string epoch, string addToId, string sequence, int status, string code, int? next)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);
        var raised = await broker.SendAsync(HttpMethod.Post, $"/v1/producers/{id}/epoch");
        Assert.Equal((200, 1), (raised.Status, (int)raised.Json["epoch"]!));
        await SendAsync(broker, Two, $"{id}", "1", "0");

        var refused = await SendAsync(broker, """{"records":[{"text":"x"}]}""", $"{id + long.Parse(addToId, System.Globalization.CultureInfo.InvariantCulture)}", epoch, sequence);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.Equal(next, (int?)refused.Json["nextSequence"]);
        Assert.Equal("none", (string)refused.Json["sideEffects"]!);
        Assert.Equal(2, await NextOffsetAsync(broker));
    }

    [Theory]
    [InlineData("", null, null, null, 200)]
    [InlineData("", "0", "0", null, 400)]
    [InlineData("", null, null, "0", 400)]
    [InlineData("", "0", "-1", "0", 400)]
    [InlineData("", "0", "40000", "0", 400)]
    [InlineData("", "0", "0", "2147483648", 400)]
    [InlineData("", "4611686018427387904", "0", "0", 400)]
    [InlineData("", "77", "0", "0", 404)]
    [InlineData("?acks=none", "0", "0", "0", 422)]
    [InlineData("?acks=leader", "0", "0", "0", 200)]
    public async Task The_headers_come_together_and_are_numbers(string query, string? id, string? epoch, string? sequence, int expected)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        await CreateAsync(broker);
        List<(string, string)> headers = [];
        if (id is not null) headers.Add(("Producer-Id", id));
        if (epoch is not null) headers.Add(("Producer-Epoch", epoch));
        if (sequence is not null) headers.Add(("Producer-Seq", sequence));

        var answer = await broker.SendAsync(HttpMethod.Post, $"/v1/topics/orders/partitions/0/records{query}", Two, headers: [.. headers]);

        Assert.Equal(expected, answer.Status);
        Assert.Equal(expected == 200 ? 2 : 0, await NextOffsetAsync(broker));
    }

    [Fact]
    public async Task An_upload_takes_one_sequence_a_line_and_goes_on_where_it_was_cut()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);
        var lines = Enumerable.Range(0, 25_000).Select(i => $$"""{"text":"{{i}}"}""").ToList();

        var first = await UploadAsync(broker, lines.Take(12_345), id, 0);
        var next = (int)(await StateAsync(broker, id))["nextSequence"]!;
        var rest = await UploadAsync(broker, lines.Skip(next), id, next);

        Assert.Equal((12_345, 12_345), ((int)End(first)["ok"]!, next));
        Assert.Equal(25_000 - 12_345, (int)End(rest)["ok"]!);
        Assert.Equal(25_000, await NextOffsetAsync(broker));
        Assert.Equal(25_000, (int)(await StateAsync(broker, id))["nextSequence"]!);
    }

    [Fact]
    public async Task An_upload_that_leaves_a_gap_says_where_to_go_on()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);

        var refused = (await UploadAsync(broker, ["""{"text":"x"}"""], id, 5)).Body.Split('\n');

        var line = JsonNode.Parse(refused[0])!;
        Assert.Equal(("out-of-order-sequence", 0), ((string)line["code"]!, (int)line["nextSequence"]!));
        Assert.Equal(1, (int)JsonNode.Parse(refused[1])!["failed"]!);
    }

    [Fact]
    public async Task A_line_that_is_refused_ends_a_numbered_upload_so_that_what_is_stored_is_its_beginning()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);

        var answer = (await UploadAsync(broker, ["""{"text":"a"}""", """{"text":"b"}""", "not json", """{"text":"c"}"""], id, 0)).Body.Split('\n');

        Assert.Equal(3, (int)JsonNode.Parse(answer[0])!["line"]!);
        Assert.Equal((2, 1), ((int)JsonNode.Parse(answer[1])!["ok"]!, (int)JsonNode.Parse(answer[1])!["failed"]!));
        Assert.Equal(2, (int)(await StateAsync(broker, id))["nextSequence"]!);
    }

    [Fact]
    public async Task What_a_producer_sent_is_known_after_a_restart()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var id = await CreateAsync(broker);
        var first = await SendAsync(broker, Two, $"{id}", "0", "0");
        await broker.StopAsync();

        await using var restarted = TestBroker.Start(dataDirectory: broker.DataDirectory);
        var again = await SendAsync(restarted, Two, $"{id}", "0", "0");

        Assert.True((bool)again.Json["duplicate"]!);
        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
        Assert.NotEqual(id, await CreateAsync(restarted));
    }

    [Theory]
    [InlineData("/v1/producers/77?topic=orders&partition=0")]
    [InlineData("/v1/producers/0?topic=nowhere&partition=0")]
    [InlineData("/v1/producers/0?topic=orders&partition=9")]
    public async Task Who_or_what_is_not_there_is_404(string path)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        await CreateAsync(broker);

        Assert.Equal(404, (await broker.GetAsync(path)).Status);
    }

    private static async Task<long> CreateAsync(TestBroker broker)
    {
        var created = await broker.SendAsync(HttpMethod.Post, "/v1/producers");
        Assert.Equal((201, 0), (created.Status, (int)created.Json["epoch"]!));
        return (long)created.Json["producerId"]!;
    }

    private static Task<Answer> SendAsync(TestBroker broker, string body, string id, string epoch, string sequence) => broker.SendAsync(
        HttpMethod.Post, "/v1/topics/orders/partitions/0/records", body, headers: [("Producer-Id", id), ("Producer-Epoch", epoch), ("Producer-Seq", sequence)]);

    private static Task<Answer> UploadAsync(TestBroker broker, IEnumerable<string> lines, long id, int sequence) => broker.SendAsync(
        HttpMethod.Post,
        "/v1/topics/orders/partitions/0/records",
        string.Join('\n', lines),
        "application/x-ndjson",
        ("Producer-Id", $"{id}"), ("Producer-Epoch", "0"), ("Producer-Seq", $"{sequence}"));

    private static JsonNode End(Answer upload) => JsonNode.Parse(upload.Body.TrimEnd().Split('\n')[^1])!;

    private static async Task<JsonNode> StateAsync(TestBroker broker, long id) => (await broker.GetAsync($"/v1/producers/{id}?topic=orders&partition=0")).Json;

    private static async Task<long> NextOffsetAsync(TestBroker broker) => (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!;
}
