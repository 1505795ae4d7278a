using System.Text;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

/// <summary>One record a line, for as long as it takes.</summary>
public sealed class UploadTests
{
    [Fact]
    public async Task An_upload_of_lines_is_summed_up_at_its_end()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");

        var answer = await broker.PostAsync(
            "/v1/topics/orders/records",
            """
            {"partition":0,"value":1}

            {"partition":1,"text":"b"}
            {"partition":1,"text":
            {"partition":9,"text":"c"}
            {"partition":1,"text":"d"}
            """,
            "application/x-ndjson");

        var lines = answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal([(4, "invalid-json"), (5, "invalid-partitions")], lines[..^1].Select(line => ((int)line["line"]!, (string)line["code"]!)));
        Assert.True((bool)lines[^1]["end"]!);
        Assert.Equal((3, 2), ((int)lines[^1]["ok"]!, (int)lines[^1]["failed"]!));
        Assert.Equal("""[{"partition":0,"firstOffset":0,"lastOffset":0,"count":1},{"partition":1,"firstOffset":0,"lastOffset":1,"count":2}]""",
            lines[^1]["partitions"]!.ToJsonString());
    }

    [Fact]
    public async Task An_upload_may_be_larger_than_any_other_body_and_skips_lines_that_are_too_long()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRequestBodyBytes"] = "4096", ["MaxNdjsonLineBytes"] = "2048" });
        var body = new StringBuilder();
        for (var i = 0; i < 2000; i++) body.Append("{\"text\":\"").Append('x', i == 1000 ? 100_000 : 100).Append("\"}\n");

        var answer = await broker.PostAsync("/v1/topics/orders/records", body.ToString(), "application/x-ndjson");

        var lines = answer.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal((1001, "record-too-large"), ((int)lines[0]["line"]!, (string)lines[0]["code"]!));
        Assert.Equal((1999, 1), ((int)lines[^1]["ok"]!, (int)lines[^1]["failed"]!));
        Assert.Equal(1999, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);
    }

    [Fact]
    public async Task A_slow_upload_is_stored_line_by_line_while_it_is_open()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var upload = new SlowUpload();
        var answer = broker.Client.PostAsync("/v1/topics/orders/records", upload);

        await upload.WriteAsync("{\"text\":\"first\"}\n");
        await WaitForOffsetAsync(broker, 1);
        await upload.WriteAsync("{\"text\":\"sec");
        await upload.WriteAsync("ond\"}\n");
        await WaitForOffsetAsync(broker, 2);
        upload.End();

        var body = await (await answer).Content.ReadAsStringAsync();
        Assert.Equal(2, (int)JsonNode.Parse(body)!["ok"]!);
    }

    [Fact]
    public async Task An_upload_without_a_good_line_creates_no_topic_and_a_bad_line_costs_only_itself()
    {
        await using var broker = TestBroker.Start();

        var bad = await broker.PostAsync("/v1/topics/fresh/records", "x\n{\"\\ud800\":1}\n", "application/x-ndjson");
        Assert.Equal((200, 404), (bad.Status, (await broker.GetAsync("/v1/topics/fresh")).Status));

        var mixed = await broker.PostAsync("/v1/topics/fresh/records", "\uFEFF{\"text\":\"a\"}\n{\"\\ud800\":1}\n{\"text\":\"b\"}\n", "application/x-ndjson");
        Assert.Equal("true", mixed.Header("RB-Topic-Created"));
        Assert.Contains("\"ok\":2,\"failed\":1", mixed.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_upload_fills_partitions_that_were_added_while_it_runs()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var upload = new SlowUpload();
        var answer = broker.Client.PostAsync("/v1/topics/orders/records", upload);
        await upload.WriteAsync("{\"text\":\"first\"}\n");
        await WaitForOffsetAsync(broker, 1);

        await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":2}""", headers: ("If-Match", "*"));
        await upload.WriteAsync("{\"text\":\"second\"}\n");
        await WaitForOffsetAsync(broker, 2);
        await upload.WriteAsync("{\"partition\":1,\"text\":\"third\"}\n");
        upload.End();

        var body = await (await answer).Content.ReadAsStringAsync();
        Assert.Equal(3, (int)JsonNode.Parse(body)!["ok"]!);
    }

    private static async Task WaitForOffsetAsync(TestBroker broker, long nextOffset)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!patience.IsCancellationRequested)
        {
            if ((long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["highWatermark"]! >= nextOffset) return;
        }

        Assert.Fail($"The log never reached {nextOffset}.");
    }
}
