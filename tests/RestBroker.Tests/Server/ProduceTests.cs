namespace RestBroker.Tests.Server;

public sealed class ProduceTests
{
    [Fact]
    public async Task Receipts_come_in_the_order_of_the_request()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");

        var stored = await broker.PostAsync(
            "/v1/topics/orders/records",
            """{"records":[{"partition":2,"value":{"n":1}},{"partition":0,"text":"x","timestamp":1700000000000},{"partition":2,"base64":"AAE="}]}""");

        Assert.Equal(200, stored.Status);
        Assert.Equal([(2, 0L), (0, 0L), (2, 1L)], Places(stored));
        Assert.Equal(1700000000000, (long)stored.Json["results"]![1]!["timestamp"]!);
        Assert.False((bool)stored.Json["duplicate"]!);
    }

    [Fact]
    public async Task A_key_goes_where_the_Java_client_sends_it()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":100}""");

        // murmur2 with Kafka's seed: 21 -> -973932308, foobar -> -790332482, both from Kafka's own unit test.
        var stored = await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"key":"21","text":"a"},{"key":"foobar","text":"b"}]}""");

        Assert.Equal([(int)(unchecked((uint)-973932308) & 0x7fffffff) % 100, (int)(unchecked((uint)-790332482) & 0x7fffffff) % 100],
            Places(stored).Select(place => place.Partition));
    }

    [Fact]
    public async Task Keyless_records_of_a_request_stay_together_and_requests_take_turns()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");

        var partitions = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            var stored = await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"text":"a"},{"text":"b"}]}""");
            Assert.Single(Places(stored).Select(place => place.Partition).Distinct());
            partitions.Add(Places(stored)[0].Partition);
        }

        Assert.Equal([0, 1, 2], partitions.Order());
    }

    [Fact]
    public async Task A_missing_topic_is_created_by_a_valid_request_only()
    {
        await using var broker = TestBroker.Start();

        var invalid = await broker.PostAsync("/v1/topics/fresh/records", """{"records":[{"value":1,"text":"x"}]}""");
        Assert.Equal((400, 404), (invalid.Status, (await broker.GetAsync("/v1/topics/fresh")).Status));

        var valid = await broker.PostAsync("/v1/topics/fresh/records", """{"records":[{"value":1}]}""");
        Assert.Equal((200, "true"), (valid.Status, valid.Header("RB-Topic-Created")));
        Assert.Null((await broker.PostAsync("/v1/topics/fresh/records", """{"records":[{"value":1}]}""")).Header("RB-Topic-Created"));
    }

    [Fact]
    public async Task A_topic_that_was_just_deleted_is_not_created_by_a_stray_record()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders");

        var refused = await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"value":1}]}""");

        Assert.Equal((409, "topic-recently-deleted"), (refused.Status, refused.Code));
        Assert.True((bool)refused.Json["retriable"]!);
        Assert.NotNull(refused.Header("Retry-After"));
    }

    [Fact]
    public async Task Automatic_creation_can_be_switched_off_and_is_never_done_by_the_partition_route()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["AutoCreateTopics"] = "false" });
        await using var creating = TestBroker.Start();

        Assert.Equal(404, (await broker.PostAsync("/v1/topics/fresh/records", """{"records":[{"value":1}]}""")).Status);
        Assert.Equal(404, (await broker.PostAsync("/v1/topics/fresh/raw", "x", "text/plain")).Status);
        Assert.Equal(404, (await creating.PostAsync("/v1/topics/fresh/partitions/0/records", """{"records":[{"value":1}]}""")).Status);
    }

    [Fact]
    public async Task Automatic_creations_are_bounded_by_the_second()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxAutoCreationsPerSecond"] = "2" });

        var statuses = new List<int>();
        for (var i = 0; i < 40; i++) statuses.Add((await broker.PostAsync($"/v1/topics/t{i}/records", """{"records":[{"value":1}]}""")).Status);

        Assert.Contains(429, statuses);
    }

    [Theory]
    [InlineData("""{"records":[{"value":1}""", 400, "invalid-json", null)]
    [InlineData("""{"records":[{"value":1}]} x""", 400, "invalid-json", null)]
    [InlineData("", 400, "invalid-json", null)]
    [InlineData("[]", 400, "invalid-request", "")]
    [InlineData("{}", 400, "invalid-request", "")]
    [InlineData("""{"records":[]}""", 400, "invalid-request", "/records")]
    [InlineData("""{"records":{}}""", 400, "invalid-request", "/records")]
    [InlineData("""{"records":[{"value":1}],"acks":"all"}""", 400, "invalid-request", "/acks")]
    [InlineData("""{"records":[1]}""", 400, "invalid-request", "/records/0")]
    [InlineData("""{"records":[{}]}""", 400, "invalid-request", "/records/0")]
    [InlineData("""{"records":[{"value":1},{"value":1,"text":"x"}]}""", 400, "invalid-request", "/records/1")]
    [InlineData("""{"records":[{"value":1,"value":2}]}""", 400, "invalid-request", "/records/0/value")]
    [InlineData("""{"records":[{"valeu":1}]}""", 400, "invalid-request", "/records/0/valeu")]
    [InlineData("""{"records":[{"key":"a","keyBase64":"YQ==","value":1}]}""", 400, "invalid-request", "/records/0")]
    [InlineData("""{"records":[{"key":1,"value":1}]}""", 400, "invalid-request", "/records/0/key")]
    [InlineData("""{"records":[{"\ud800":1}]}""", 400, "invalid-json", null)]
    [InlineData("""{"\ud800":1}""", 400, "invalid-json", null)]
    [InlineData("""{"records":[{"text":1}]}""", 400, "invalid-request", "/records/0/text")]
    [InlineData("""{"records":[{"text":"\ud800"}]}""", 400, "invalid-request", "/records/0/text")]
    [InlineData("""{"records":[{"base64":"%%%"}]}""", 400, "invalid-request", "/records/0/base64")]
    [InlineData("""{"records":[{"value":1,"timestamp":"yesterday"}]}""", 400, "invalid-request", "/records/0/timestamp")]
    [InlineData("""{"records":[{"value":1,"timestamp":-5}]}""", 400, "invalid-request", "/records/0/timestamp")]
    [InlineData("""{"records":[{"value":1,"timestamp":9999999999999}]}""", 422, "invalid-timestamp", "/records/0/timestamp")]
    [InlineData("""{"records":[{"value":1,"partition":"0"}]}""", 400, "invalid-request", "/records/0/partition")]
    [InlineData("""{"records":[{"value":1,"partition":7}]}""", 422, "invalid-partitions", "/records/0/partition")]
    [InlineData("""{"records":[{"value":1,"partition":-1}]}""", 422, "invalid-partitions", "/records/0/partition")]
    [InlineData("""{"records":[{"value":1,"headers":{"a":"b"}}]}""", 400, "invalid-request", "/records/0/headers")]
    [InlineData("""{"records":[{"value":1,"headers":[["a"]]}]}""", 400, "invalid-request", "/records/0/headers")]
    [InlineData("""{"records":[{"value":1,"headers":[["a","b","c"]]}]}""", 400, "invalid-request", "/records/0/headers")]
    [InlineData("""{"records":[{"value":1,"headers":[["a",{"base64":"YQ==","x":1}]]}]}""", 400, "invalid-request", "/records/0/headers")]
    [InlineData("""{"records":[{"value":1,"headers":[["rb-format","text"]]}]}""", 422, "reserved-name", "/records/0/headers")]
    public async Task A_bad_request_is_refused_whole_and_points_at_the_fault(string body, int status, string code, string? pointer)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");

        var refused = await broker.PostAsync("/v1/topics/orders/records", body);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.Equal("none", (string)refused.Json["sideEffects"]!);
        if (pointer is not null) Assert.Equal(pointer, (string)refused.Json["errors"]![0]!["pointer"]!);
        Assert.Equal(0, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);
    }

    [Fact]
    public async Task Sizes_and_counts_beyond_their_limits_are_refused_whole()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRecordsPerRequest"] = "1000" });
        await broker.PutAsync("/v1/topics/orders", """{"configs":{"max.message.bytes":200}}""");

        Assert.Equal(413, (await ProduceAsync($$"""{"text":"{{new string('x', 201)}}"}""")).Status);
        Assert.Equal(413, (await ProduceAsync($$"""{"key":"{{new string('x', 32 * 1024 + 1)}}","value":1}""")).Status);
        Assert.Equal(413, (await ProduceAsync($$"""{"value":1,"headers":[{{string.Join(',', Enumerable.Repeat("""["a","b"]""", 65))}}]}""")).Status);
        Assert.Equal(413, (await ProduceAsync($$"""{"value":1,"headers":[["a","{{new string('x', 32 * 1024)}}"]]}""")).Status);
        Assert.Equal(413, (await ProduceAsync(string.Join(',', Enumerable.Repeat("""{"value":1}""", 1001)))).Status);
        Assert.Equal("invalid-record", (await ProduceAsync($$"""{"value":{{new string('[', 65)}}{{new string(']', 65)}}}""")).Code);
        Assert.Equal(200, (await ProduceAsync($$"""{"text":"{{new string('x', 200)}}"}""")).Status);
        Assert.Equal(1, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);

        Task<Answer> ProduceAsync(string records) => broker.PostAsync("/v1/topics/orders/records", $$"""{"records":[{{records}}]}""");
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_refused_before_it_is_read()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxRequestBodyBytes"] = "2048" });

        var refused = await broker.PostAsync("/v1/topics/orders/records", $$"""{"records":[{"text":"{{new string('x', 4000)}}"}]}""");

        Assert.Equal((413, "request-too-large"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task What_curl_sends_by_default_is_told_which_header_to_add()
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"value":1}]}""", "application/x-www-form-urlencoded");

        Assert.Equal((415, "unsupported-media-type"), (refused.Status, refused.Code));
        Assert.Contains("Content-Type: application/json", (string)refused.Json["detail"]!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("all", 200)]
    [InlineData("leader", 200)]
    [InlineData("none", 202)]
    [InlineData("some", 400)]
    public async Task Acks_say_when_the_answer_is_sent(string acks, int status)
    {
        await using var broker = TestBroker.Start();

        Assert.Equal(status, (await broker.PostAsync($"/v1/topics/orders/records?acks={acks}", """{"records":[{"value":1}]}""")).Status);
    }

    [Fact]
    public async Task A_conditional_append_takes_one_of_two_rivals()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var tag = (await broker.GetAsync("/v1/topics/orders/partitions/0")).ETag!;
        const string Path = "/v1/topics/orders/partitions/0/records";

        var first = await broker.SendAsync(HttpMethod.Post, Path, """{"records":[{"value":1}]}""", headers: ("If-Match", tag));
        var second = await broker.SendAsync(HttpMethod.Post, Path, """{"records":[{"value":2}]}""", headers: ("If-Match", tag));

        Assert.Equal((200, 412, "precondition-failed"), (first.Status, second.Status, second.Code));
        Assert.EndsWith("-1\"", second.ETag, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_bytes_become_one_record_with_their_type_and_headers()
    {
        await using var broker = TestBroker.Start();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/topics/photos/raw?key=k1") { Content = new ByteArrayContent([0, 1, 255]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "image/png");
        request.Headers.Add("RB-Header-Trace", "t-1");
        request.Headers.Add("RB-Timestamp", "2026-01-31T08:00:00Z");

        var stored = await Answer.OfAsync(await broker.Client.SendAsync(request));

        Assert.Equal(201, stored.Status);
        Assert.Equal("/v1/topics/photos/partitions/0/records/0", stored.Header("Location"));
        Assert.Equal(1769846400000, (long)stored.Json["timestamp"]!);
    }

    [Fact]
    public async Task Reserved_topics_are_not_written()
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.PostAsync("/v1/topics/__consumer_offsets/records", """{"records":[{"value":1}]}""");

        Assert.Equal((422, "reserved-name"), (refused.Status, refused.Code));
    }

    [Theory]
    [InlineData("/v1/topics/orders/records", "Producer-Id")]
    [InlineData("/v1/topics/orders/records", "If-Match")]
    [InlineData("/v1/topics/orders/raw", "Producer-Seq")]
    [InlineData("/v1/topics/orders/raw", "If-Match")]
    public async Task A_promise_that_cannot_be_kept_is_refused(string path, string header)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");

        var refused = await broker.SendAsync(HttpMethod.Post, path, """{"records":[{"value":1}]}""", headers: (header, "\"x\""));

        Assert.Equal((422, "not-supported-by-engine"), (refused.Status, refused.Code));
        Assert.Equal(0, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);
    }

    [Fact]
    public async Task Many_producers_to_one_missing_topic_are_one_creation()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxAutoCreationsPerSecond"] = "1" });

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => broker.PostAsync("/v1/topics/fresh/raw", "x", "text/plain")));

        Assert.All(answers, answer => Assert.Equal(201, answer.Status));
        Assert.Single(answers, answer => answer.Header("RB-Topic-Created") == "true");
    }

    private static List<(int Partition, long Offset)> Places(Answer answer) =>
        [.. answer.Json["results"]!.AsArray().Select(result => ((int)result!["partition"]!, (long)result["offset"]!))];
}
