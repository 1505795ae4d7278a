using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using RestBroker.Core.Engine;
using RestBroker.Storage;

namespace RestBroker.Tests.Server;

public sealed class ValueTests
{
    private const string Compacted = """{"cleanup.policy":"compact","min.cleanable.dirty.ratio":0,"segment.ms":1}""";

    [Fact]
    public async Task A_value_that_is_sent_again_under_its_name_is_stored_once_and_its_condition_has_held()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/users", """{"configs":{"cleanup.policy":"compact"}}""");
        (string, string)[] headers = [("Idempotency-Key", "first-of-42"), ("If-None-Match", "*")];

        var first = await broker.SendAsync(HttpMethod.Put, "/v1/topics/users/value?key=42", "a", "text/plain", headers);
        var again = await broker.SendAsync(HttpMethod.Put, "/v1/topics/users/value?key=42", "a", "text/plain", headers);
        var other = await broker.SendAsync(HttpMethod.Put, "/v1/topics/users/value?key=42", "b", "text/plain", headers);

        Assert.Equal((201, null), (first.Status, first.Header("RB-Idempotent-Replay")));
        Assert.Equal((201, first.Body, "true"), (again.Status, again.Body, again.Header("RB-Idempotent-Replay")));
        Assert.Equal((422, "idempotency-key-reused"), (other.Status, other.Code));
        Assert.Equal(1, (long)(await broker.GetAsync("/v1/topics/users/partitions/0")).Json["nextOffset"]!);
    }

    [Fact]
    public async Task A_value_is_put_read_replaced_and_deleted_under_its_key()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", partitions: 3, Compacted);

        var first = await PutAsync(broker, "color", "red");
        Assert.Equal(201, first.Status);
        Assert.Equal($"/v1/topics/settings/partitions/{first.Json["partition"]}/records/0", first.Header("Location"));
        var read = await broker.GetAsync("/v1/topics/settings/value?key=color");
        Assert.Equal((200, "red", first.ETag), (read.Status, read.Body, read.ETag));
        Assert.Equal("green", (await ReadAfter(broker, await PutAsync(broker, "color", "green"))).Body);
        Assert.Equal("red", (await broker.GetAsync($"{first.Header("Location")}/value")).Body);

        var deleted = await broker.SendAsync(HttpMethod.Delete, "/v1/topics/settings/value?key=color");

        Assert.Equal((201, 2), (deleted.Status, (int)deleted.Json["offset"]!));
        var gone = await broker.GetAsync("/v1/topics/settings/value?key=color");
        Assert.Equal((404, "not-found"), (gone.Status, gone.Code));
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/settings/value?key=never")).Status);
    }

    [Fact]
    public async Task A_value_comes_as_a_sandboxed_download_of_its_own_type_and_is_not_sent_twice()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", configs: Compacted);
        using var request = new HttpRequestMessage(HttpMethod.Put, "/v1/topics/settings/value?keyBase64=/wA%2B")
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes("<script>")) { Headers = { ContentType = MediaTypeHeaderValue.Parse("text/html") } },
        };
        request.Headers.Add("RB-Header-Source", "test");
        request.Headers.Add("RB-Timestamp", "1700000000000");
        using var stored = await broker.Client.SendAsync(request);
        Assert.Equal(201, (int)stored.StatusCode);

        var value = await broker.GetAsync("/v1/topics/settings/value?keyBase64=/wA%2B");
        var head = await broker.SendAsync(HttpMethod.Head, "/v1/topics/settings/value?keyBase64=/wA%2B");
        var again = await broker.SendAsync(HttpMethod.Get, "/v1/topics/settings/value?keyBase64=/wA%2B", headers: ("If-None-Match", value.ETag!));
        var record = await broker.GetAsync(stored.Headers.Location!.ToString());

        Assert.Equal((200, "<script>", "text/html"), (value.Status, value.Body, value.Header("Content-Type")));
        Assert.Equal(("nosniff", "sandbox; default-src 'none'", "attachment"), (value.Header("X-Content-Type-Options"), value.Header("Content-Security-Policy"), value.Header("Content-Disposition")));
        Assert.Equal((200, "", value.ETag, "8"), (head.Status, head.Body, head.ETag, head.Header("Content-Length")));
        Assert.Equal((304, ""), (again.Status, again.Body));
        Assert.Equal((1700000000000, "/wA+"), ((long)record.Json["timestamp"]!, (string)record.Json["keyBase64"]!));
        Assert.Equal("[[\"content-type\",\"text/html\"],[\"source\",\"test\"]]", record.Json["headers"]!.ToJsonString());
    }

    [Fact]
    public async Task A_value_is_replaced_only_if_it_is_the_one_expected()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", configs: Compacted);
        var first = await PutAsync(broker, "color", "red", ("If-None-Match", "*"));

        var second = await PutAsync(broker, "color", "green", ("If-Match", first.ETag!));
        var late = await PutAsync(broker, "color", "blue", ("If-Match", first.ETag!));
        var create = await PutAsync(broker, "color", "blue", ("If-None-Match", "*"));
        var foreign = await PutAsync(broker, "color", "blue", ("If-Match", "\"another\""));

        Assert.Equal((201, 201), (first.Status, second.Status));
        Assert.All([late, create, foreign], miss =>
        {
            Assert.Equal((412, "precondition-failed", second.ETag), (miss.Status, miss.Code, (string)miss.Json["etag"]!));
        });
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/settings/value?key=other")).Status);
        Assert.Equal(412, (await PutAsync(broker, "other", "x", ("If-Match", "*"))).Status);
        Assert.Equal(412, (await broker.SendAsync(HttpMethod.Delete, "/v1/topics/settings/value?key=color", headers: ("If-Match", first.ETag!))).Status);
        Assert.Equal(201, (await broker.SendAsync(HttpMethod.Delete, "/v1/topics/settings/value?key=color", headers: ("If-Match", "*"))).Status);
        Assert.Null((await PutAsync(broker, "color", "x", ("If-Match", second.ETag!))).Json["etag"]);
        Assert.Equal(201, (await PutAsync(broker, "color", "new", ("If-None-Match", "*"))).Status);
    }

    [Fact]
    public async Task Of_many_that_count_by_compare_and_set_none_is_lost()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", configs: Compacted);
        await PutAsync(broker, "count", "0");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var done = 0; done < 15;)
            {
                var now = await broker.GetAsync("/v1/topics/settings/value?key=count");
                if ((await PutAsync(broker, "count", $"{int.Parse(now.Body, null) + 1}", ("If-Match", now.ETag!))).Status == 201) done++;
            }
        })));

        Assert.Equal("60", (await broker.GetAsync("/v1/topics/settings/value?key=count")).Body);
    }

    [Theory]
    [InlineData("GET", "/v1/topics/plain/value?key=a", 409, "topic-not-compacted")]
    [InlineData("PUT", "/v1/topics/plain/value?key=a", 409, "topic-not-compacted")]
    [InlineData("DELETE", "/v1/topics/plain/value?key=a", 409, "topic-not-compacted")]
    [InlineData("PUT", "/v1/topics/none/value?key=a", 404, "unknown-topic-or-partition")]
    [InlineData("PUT", "/v1/topics/__consumer_offsets/value?key=a", 422, "reserved-name")]
    [InlineData("GET", "/v1/topics/settings/value", 400, "invalid-request")]
    [InlineData("PUT", "/v1/topics/settings/value?key=a&keyBase64=YQ==", 400, "invalid-request")]
    [InlineData("PUT", "/v1/topics/settings/value?key=a&partition=0", 400, "invalid-request")]
    public async Task What_cannot_be_is_refused(string method, string path, int status, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("plain");
        await broker.CreateAsync("settings", configs: Compacted);

        var refused = await broker.SendAsync(new HttpMethod(method), path, method == "PUT" ? "x" : null, "text/plain");

        Assert.Equal((status, code), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData("If-Match", "\"a\"", "If-None-Match", "*")]
    [InlineData("If-None-Match", "\"a\"", "RB-Header-X", "x")]
    public async Task Preconditions_that_make_no_sense_are_refused(string name, string value, string otherName, string otherValue)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", configs: Compacted);

        Assert.Equal(400, (await PutAsync(broker, "a", "x", (name, value), (otherName, otherValue))).Status);
    }

    [Fact]
    public async Task A_compacted_topic_reads_on_over_what_is_gone_and_tells_what_compaction_did()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", configs: Compacted);
        for (var i = 0; i < 5; i++) await PutAsync(broker, "a", $"{i}");
        await PutAsync(broker, "b", "last");

        // A segment is closed after a millisecond: the last may take a run of its own, which finds nothing to give back.
        var reclaimed = new List<long>();
        for (var dirty = 1.0; dirty > 0;)
        {
            ((EmbeddedLogEngine)broker.Services.GetRequiredService<ILogEngine>()).Compact();
            if ((await broker.GetAsync("/v1/topics/settings/partitions/0")).Json["cleaning"] is not { } cleaning) continue;
            dirty = (double)cleaning["dirtyRatio"]!;
            reclaimed.Add((long)cleaning["reclaimedBytes"]!);
        }

        Assert.Equal(["0@4", "0@5"], (await broker.PageAsync("/v1/topics/settings/records")).Places);
        var gone = await broker.GetAsync("/v1/topics/settings/partitions/0/records/1");
        Assert.Equal((410, "record-deleted"), (gone.Status, gone.Code));
        Assert.Equal("4", (await broker.GetAsync("/v1/topics/settings/value?key=a")).Body);
        var status = (await broker.GetAsync("/v1/topics/settings/partitions")).Json["items"]![0]!;
        Assert.Contains(reclaimed, bytes => bytes > 0);
        Assert.Equal((0, 6), ((int)status["logStartOffset"]!, (int)status["nextOffset"]!));
        var page = await broker.GetAsync("/v1/topics/settings/partitions/0/records?offset=0&limit=1");
        Assert.Equal("4", (string)page.Json["records"]![0]!["text"]!);
    }

    [Fact]
    public async Task A_compacted_topic_refuses_records_without_a_key_and_names_them()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("settings", configs: Compacted);

        var refused = await broker.PostAsync("/v1/topics/settings/records", """{"records":[{"key":"a","value":1},{"value":2}]}""");
        var line = await broker.PostAsync("/v1/topics/settings/records", "{\"value\":1}\n{\"key\":\"a\",\"value\":2}\n", "application/x-ndjson");
        var raw = await broker.PostAsync("/v1/topics/settings/raw", "x", "text/plain");

        Assert.Equal((422, "invalid-record", "/records/1/key"), (refused.Status, refused.Code, (string)refused.Json["errors"]![0]!["pointer"]!));
        Assert.Contains("\"ok\":1,\"failed\":1", line.Body, StringComparison.Ordinal);
        Assert.Equal((422, "invalid-record"), (raw.Status, raw.Code));
    }

    private static Task<Answer> PutAsync(TestBroker broker, string key, string value, params (string, string)[] headers) =>
        broker.SendAsync(HttpMethod.Put, $"/v1/topics/settings/value?key={key}", value, "text/plain", headers);

    private static Task<Answer> ReadAfter(TestBroker broker, Answer stored)
    {
        Assert.Equal(201, stored.Status);
        return broker.GetAsync("/v1/topics/settings/value?key=color");
    }
}
