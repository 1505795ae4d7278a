namespace RestBroker.Tests.Server;

public sealed class TopicTests
{
    [Fact]
    public async Task Put_creates_a_topic_and_finds_it_the_second_time()
    {
        await using var broker = TestBroker.Start();

        var created = await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3,"configs":{"retention.ms":86400000}}""");
        var found = await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3,"configs":{"retention.ms":"86400000"}}""");
        var bare = await broker.PutAsync("/v1/topics/orders");

        Assert.Equal((201, 200, 200), (created.Status, found.Status, bare.Status));
        Assert.Equal("/v1/topics/orders", created.Header("Location"));
        Assert.Equal(3, (int)found.Json["partitionCount"]!);
        Assert.Equal("86400000", (string)found.Json["configs"]!["retention.ms"]!);
        Assert.Equal(8, ((string)found.Json["incarnation"]!).Length);
        Assert.Equal([0, 1, 2], found.Json["partitions"]!.AsArray().Select(p => (int)p!["partition"]!));
        Assert.Equal(created.ETag, found.ETag);
    }

    [Fact]
    public async Task Put_with_other_settings_is_refused_with_the_differences()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");

        var refused = await broker.PutAsync("/v1/topics/orders", """{"partitionCount":4,"configs":{"segment.ms":5}}""");

        Assert.Equal((409, "topic-already-exists"), (refused.Status, refused.Code));
        Assert.Equal(["/partitionCount", "/configs/segment.ms"], refused.Json["errors"]!.AsArray().Select(e => (string)e!["pointer"]!));
    }

    [Fact]
    public async Task The_same_wish_of_many_at_once_is_granted_to_all()
    {
        await using var broker = TestBroker.Start();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => broker.PutAsync("/v1/topics/same", """{"partitionCount":3}""")));

        Assert.Equal(1, answers.Count(answer => answer.Status == 201));
        Assert.Equal(19, answers.Count(answer => answer.Status == 200));
    }

    [Theory]
    [InlineData("PUT", "/v1/topics/t", """{"partitions":3}""", "There is no member 'partitions'")]
    [InlineData("POST", "/v1/topics", "{}", "A member is missing: 'name'")]
    [InlineData("POST", "/v1/topics", null, "A JSON body is needed")]
    [InlineData("GET", "/v1/topics?limit=abc", null, "limit=abc is not a whole number.")]
    [InlineData("GET", "/v1/topics/t/offsets", null, "The parameter at is missing.")]
    [InlineData("PATCH", "/v1/topics/t", """{"configs":{"cleanup.policy":"\ud800"}}""", "not valid Unicode")]
    [InlineData("PUT", "/v1/groups/g", """{"topics":["t"],"from":"\ud800"}""", "not valid Unicode")]
    public async Task A_refusal_speaks_of_the_request_and_not_of_the_code(string method, string path, string? body, string detail)
    {
        await using var broker = TestBroker.Start();
        if (method == "PATCH") await broker.PutAsync("/v1/topics/t");

        var refused = await broker.SendAsync(new HttpMethod(method), path, body, headers: ("If-Match", "*"));

        Assert.Equal(400, refused.Status);
        Assert.Contains(detail, (string)refused.Json["detail"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Put_with_If_None_Match_only_creates()
    {
        await using var broker = TestBroker.Start();

        var first = await broker.SendAsync(HttpMethod.Put, "/v1/topics/orders", headers: ("If-None-Match", "*"));
        var second = await broker.SendAsync(HttpMethod.Put, "/v1/topics/orders", headers: ("If-None-Match", "*"));

        Assert.Equal((201, 412), (first.Status, second.Status));
    }

    [Fact]
    public async Task Post_creates_under_the_name_in_the_body_and_refuses_a_second_time()
    {
        await using var broker = TestBroker.Start();

        var created = await broker.PostAsync("/v1/topics", """{"name":"orders"}""");
        var refused = await broker.PostAsync("/v1/topics", """{"name":"orders"}""");

        Assert.Equal((201, 409), (created.Status, refused.Status));
        Assert.Equal(1, (int)created.Json["partitionCount"]!);
    }

    [Theory]
    [InlineData("""{"partitionCount":"3"}""", 400, "invalid-request", "/partitionCount")]
    [InlineData("""{"partitions":3}""", 400, "invalid-request", "/partitions")]
    [InlineData("""{"partitionCount":3,"partitionCount":4}""", 400, "invalid-request", "/partitionCount")]
    [InlineData("""{"partitionCount":3""", 400, "invalid-json", null)]
    [InlineData("""[]""", 400, "invalid-request", null)]
    [InlineData("""{"partitionCount":0}""", 422, "invalid-partitions", null)]
    [InlineData("""{"partitionCount":1000000}""", 422, "invalid-partitions", null)]
    [InlineData("""{"replicationFactor":3}""", 422, "invalid-replication-factor", null)]
    [InlineData("""{"configs":{"retention.msec":1}}""", 422, "invalid-config", "/configs/retention.msec")]
    [InlineData("""{"configs":{"retention.ms":"soon"}}""", 422, "invalid-config", "/configs/retention.ms")]
    [InlineData("""{"configs":{"retention.ms":[1]}}""", 400, "invalid-request", "/configs/retention.ms")]
    [InlineData("""{"configs":{"min.insync.replicas":2}}""", 422, null, null)]
    public async Task A_bad_topic_is_refused_where_it_is_bad(string body, int status, string? code, string? pointer)
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.PutAsync("/v1/topics/orders", body);

        Assert.Equal(status, refused.Status);
        if (code is not null) Assert.Equal(code, refused.Code);
        if (pointer is not null) Assert.Contains(pointer, refused.Json["errors"]!.AsArray().Select(e => (string)e!["pointer"]!));
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/orders")).Status);
    }

    [Theory]
    [InlineData("or%20ders", "invalid-topic")]
    [InlineData("%C3%A4pfel", "invalid-topic")]
    [InlineData("..%2Fx", "invalid-topic")]
    [InlineData("__mine", "reserved-name")]
    public async Task A_bad_name_is_refused(string name, string code)
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.PutAsync($"/v1/topics/{name}");

        Assert.Equal((422, code), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_name_of_249_characters_is_the_longest()
    {
        await using var broker = TestBroker.Start();

        Assert.Equal(201, (await broker.PutAsync($"/v1/topics/{new string('a', 249)}")).Status);
        Assert.Equal(422, (await broker.PutAsync($"/v1/topics/{new string('a', 250)}")).Status);
    }

    [Fact]
    public async Task Names_that_differ_in_dot_and_underscore_only_collide()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/a.b");

        var refused = await broker.PutAsync("/v1/topics/a_b");

        Assert.Equal((409, "topic-name-collision"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_list_comes_in_pages_by_prefix_and_without_internal_topics()
    {
        await using var broker = TestBroker.Start();
        foreach (var name in new[] { "b2", "a1", "b1", "b3", "c" }) await broker.PutAsync($"/v1/topics/{name}");

        var first = await broker.GetAsync("/v1/topics?prefix=b&limit=2");
        var link = first.Header("Link")!;
        var second = await broker.GetAsync(link[1..link.IndexOf('>', StringComparison.Ordinal)]);
        var all = await broker.GetAsync("/v1/topics");

        Assert.Equal(["b1", "b2"], Names(first));
        Assert.Equal("b2", (string)first.Json["next"]!);
        Assert.Equal(["b3"], Names(second));
        Assert.Null(second.Json["next"]);
        Assert.Equal(["a1", "b1", "b2", "b3", "c"], Names(all));
    }

    [Fact]
    public async Task Patch_needs_If_Match_and_refuses_a_stale_one()
    {
        await using var broker = TestBroker.Start();
        var created = await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2,"configs":{"retention.ms":1000}}""");

        var without = await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":3}""");
        var changed = await broker.SendAsync(
            HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":3,"configs":{"retention.ms":null,"segment.ms":7}}""", headers: ("If-Match", created.ETag!));
        var stale = await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":4}""", headers: ("If-Match", created.ETag!));
        var any = await broker.SendAsync(
            HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":5}""", "application/merge-patch+json", ("If-Match", "*"));

        Assert.Equal((428, 200, 412, 200), (without.Status, changed.Status, stale.Status, any.Status));
        Assert.Equal(3, (int)changed.Json["partitionCount"]!);
        Assert.Equal(["segment.ms"], changed.Json["configs"]!.AsObject().Select(config => config.Key));
        Assert.Equal(changed.ETag, stale.ETag);
        Assert.Equal(5, (int)any.Json["partitionCount"]!);
    }

    [Fact]
    public async Task Patch_never_takes_partitions_away()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");

        var refused = await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":2}""", headers: ("If-Match", "*"));

        Assert.Equal((422, "invalid-partitions"), (refused.Status, refused.Code));
    }

    [Fact]
    public async Task A_deleted_topic_is_gone_and_a_new_one_of_its_name_is_another()
    {
        await using var broker = TestBroker.Start();
        var first = await broker.PutAsync("/v1/topics/orders");
        await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"text":"old"}]}""");

        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders")).Status);
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/orders")).Status);
        Assert.Equal(404, (await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders")).Status);

        var second = await broker.PutAsync("/v1/topics/orders");
        Assert.NotEqual((string)first.Json["incarnation"]!, (string)second.Json["incarnation"]!);
        Assert.Equal(0, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!);
    }

    [Fact]
    public async Task Partitions_say_where_they_stand()
    {
        await using var broker = TestBroker.Start();
        var topic = await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");
        await broker.PostAsync("/v1/topics/orders/partitions/1/records", """{"records":[{"text":"a"},{"text":"b"}]}""");

        var all = await broker.GetAsync("/v1/topics/orders/partitions");
        var one = await broker.GetAsync("/v1/topics/orders/partitions/1");
        var head = await broker.SendAsync(HttpMethod.Head, "/v1/topics/orders/partitions/1");
        var unchanged = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/partitions/1", headers: ("If-None-Match", one.ETag!));

        Assert.Equal([0, 2], all.Json["items"]!.AsArray().Select(p => (int)p!["highWatermark"]!));
        Assert.True((long)one.Json["bytes"]! > 61);
        Assert.Equal($"\"{topic.Json["incarnation"]}-2\"", one.ETag);
        Assert.Equal((200, one.ETag, ""), (head.Status, head.ETag, head.Body));
        Assert.Equal(304, unchanged.Status);
        Assert.Equal(404, (await broker.GetAsync("/v1/topics/orders/partitions/2")).Status);
    }

    [Fact]
    public async Task Offsets_are_found_by_place_and_time()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        await broker.PostAsync(
            "/v1/topics/orders/records",
            """{"records":[{"text":"a","timestamp":1700000000000},{"text":"b","timestamp":"2023-11-14T23:13:20+01:00"},{"text":"c","timestamp":1700000002000}]}""");

        Assert.Equal(0, await OffsetAsync("earliest"));
        Assert.Equal(3, await OffsetAsync("latest"));
        Assert.Equal(2, await OffsetAsync("1700000000001"));
        Assert.Equal(3, await OffsetAsync("2026-01-01T00:00:00Z"));
        Assert.Equal(0, await OffsetAsync("2023-11-14T23:13:20+01:00")); // '+' not escaped: it arrives as a space
        Assert.Equal(400, (await broker.GetAsync("/v1/topics/orders/offsets?at=12")).Status);
        Assert.Equal(400, (await broker.GetAsync("/v1/topics/orders/offsets")).Status);

        async Task<long> OffsetAsync(string at) =>
            (long)(await broker.GetAsync($"/v1/topics/orders/offsets?at={at}")).Json["items"]![0]!["offset"]!;
    }

    [Fact]
    public async Task Deleting_records_moves_the_log_start()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"text":"a"},{"text":"b"},{"text":"c"}]}""");

        var deleted = await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders/partitions/0/records?before=2");
        var beyond = await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders/partitions/0/records?before=4");
        var negative = await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders/partitions/0/records?before=-1");

        Assert.Equal((200, 2), (deleted.Status, (long)deleted.Json["logStartOffset"]!));
        Assert.Equal((416, 422), (beyond.Status, negative.Status));
        Assert.Equal(2, (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["logStartOffset"]!);
    }

    [Fact]
    public async Task Everything_is_known_again_after_a_restart()
    {
        var directory = Directory.CreateTempSubdirectory("restbroker-").FullName;
        string? tag;
        await using (var before = TestBroker.Start(dataDirectory: directory))
        {
            tag = (await before.PutAsync("/v1/topics/orders", """{"partitionCount":2,"configs":{"retention.ms":-1}}""")).ETag;
            await before.PostAsync("/v1/topics/orders/partitions/1/records", """{"records":[{"text":"a"}]}""");
        }

        await using (var after = TestBroker.Start(dataDirectory: directory))
        {
            var topic = await after.GetAsync("/v1/topics/orders");
            Assert.Equal((tag, "-1"), (topic.ETag, (string)topic.Json["configs"]!["retention.ms"]!));
            Assert.Equal(1, (long)(await after.GetAsync("/v1/topics/orders/partitions/1")).Json["highWatermark"]!);
        }

        Directory.Delete(directory, recursive: true);
    }

    private static IEnumerable<string> Names(Answer answer) => answer.Json["items"]!.AsArray().Select(item => (string)item!["name"]!);
}
