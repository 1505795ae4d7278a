using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Server.Producing;

namespace RestBroker.Tests.Server;

/// <summary>Requests with an Idempotency-Key: sent as often as one likes, stored once.</summary>
public sealed class IdempotencyKeyTests
{
    // Keys that spread over the partitions, records without keys, one with its own timestamp.
    private const string Body =
        """{"records":[{"key":"a","text":"1"},{"key":"b","text":"2"},{"text":"3"},{"key":"c","text":"4","timestamp":5},{"text":"5"},{"key":"d","text":"6"},{"partition":1,"text":"7"}]}""";

    [Theory]
    [InlineData("CreateTime")]
    [InlineData("LogAppendTime")]
    public async Task The_same_request_again_gets_the_first_receipts_and_stores_nothing(string timestampType)
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var broker = TestBroker.Start(time: time);
        await broker.PutAsync("/v1/topics/orders", $$$"""{"partitionCount":3,"configs":{"message.timestamp.type":"{{{timestampType}}}"}}""");

        var first = await SendAsync(broker, "try-1");
        time.Advance(TimeSpan.FromSeconds(3));
        var again = await SendAsync(broker, "\"try-1\"");

        Assert.Equal((200, false, null), (first.Status, (bool)first.Json["duplicate"]!, first.Header("RB-Idempotent-Replay")));
        Assert.Equal((200, true, "true"), (again.Status, (bool)again.Json["duplicate"]!, again.Header("RB-Idempotent-Replay")));
        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
        Assert.Equal(7, await CountAsync(broker));
        var keyless = first.Json["results"]!.AsArray();
        Assert.Equal((int)keyless[2]!["partition"]!, (int)keyless[4]!["partition"]!);
    }

    [Fact]
    public async Task A_raw_value_is_answered_as_the_first_time_too()
    {
        await using var broker = TestBroker.Start();
        var (path, key) = ("/v1/topics/fresh/raw?key=a", ("Idempotency-Key", "one"));

        var first = await broker.SendAsync(HttpMethod.Post, path, "value", "text/plain", key, ("RB-Header-b", "2"), ("RB-Header-a", "1"));
        var again = await broker.SendAsync(HttpMethod.Post, path, "value", "text/plain", key, ("RB-Header-a", "1"), ("RB-Header-b", "2"));
        var other = await broker.SendAsync(HttpMethod.Post, path, "value", "text/plain", key, ("RB-Header-a", "1"));

        Assert.Equal((201, "true"), (first.Status, first.Header("RB-Topic-Created")));
        Assert.Equal((201, "true", first.Body), (again.Status, again.Header("RB-Idempotent-Replay"), again.Body));
        Assert.Equal(first.Message.Headers.Location, again.Message.Headers.Location);
        Assert.Equal((422, "idempotency-key-reused"), (other.Status, other.Code));
    }

    [Theory]
    [InlineData("/v1/topics/orders/records", """{"records":[{"key":"z","text":"other"}]}""")]
    [InlineData("/v1/topics/orders/partitions/2/records", """{"records":[{"text":"1"}]}""")]
    [InlineData("/v1/topics/orders/raw", "1")]
    public async Task A_key_belongs_to_one_request_of_its_topic_whatever_partitions_another_would_touch(string path, string body)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");
        await broker.PutAsync("/v1/topics/others", """{"partitionCount":3}""");
        await broker.SendAsync(HttpMethod.Post, "/v1/topics/orders/partitions/0/records", """{"records":[{"text":"1"}]}""", headers: ("Idempotency-Key", "one"));

        var refused = await broker.SendAsync(HttpMethod.Post, path, body, headers: ("Idempotency-Key", "one"));
        var elsewhere = await broker.SendAsync(HttpMethod.Post, path.Replace("orders", "others", StringComparison.Ordinal), body, headers: ("Idempotency-Key", "one"));

        Assert.Equal((422, "idempotency-key-reused", "none"), (refused.Status, refused.Code, (string)refused.Json["sideEffects"]!));
        Assert.Equal(1, await CountAsync(broker));
        Assert.True(elsewhere.Message.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_retry_goes_where_the_first_try_went_though_partitions_were_added()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");
        var first = await SendAsync(broker, "one");
        await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":16}""", headers: ("If-Match", "*"));

        var again = await SendAsync(broker, "one");

        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
        Assert.Equal(7, await CountAsync(broker));
    }

    [Fact]
    public async Task A_request_of_which_some_partitions_have_their_part_is_completed_by_its_retry()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":4}""");
        // What a crash between two appends leaves: the batches of the first partitions alone.
        await StoreHalfAsync(broker, "one");
        var half = await CountAsync(broker);
        await broker.SendAsync(HttpMethod.Patch, "/v1/topics/orders", """{"partitionCount":9}""", headers: ("If-Match", "*"));

        var completed = await SendAsync(broker, "one");
        var again = await SendAsync(broker, "one");

        Assert.InRange(half, 1, 6);
        Assert.Equal((200, false), (completed.Status, (bool)completed.Json["duplicate"]!));
        Assert.Equal(7, await CountAsync(broker));
        Assert.True((bool)again.Json["duplicate"]!);
        Assert.Equal(Places(completed), Places(again));
        await AssertEveryReceiptLeadsToItsRecordAsync(broker, again);
    }

    [Fact]
    public async Task Receipts_are_given_again_after_a_restart_and_after_the_records_were_deleted()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");
        const string Plain = """{"records":[{"key":"a","text":"1"},{"key":"b","text":"2"},{"text":"3"}]}""";
        var first = await SendAsync(broker, "one", Plain);
        foreach (var partition in first.Json["results"]!.AsArray().Select(place => (int)place!["partition"]!).Distinct())
        {
            var end = (long)(await broker.GetAsync($"/v1/topics/orders/partitions/{partition}")).Json["nextOffset"]!;
            await broker.SendAsync(HttpMethod.Delete, $"/v1/topics/orders/partitions/{partition}/records?before={end}");
        }

        await broker.StopAsync();

        await using var restarted = TestBroker.Start(dataDirectory: broker.DataDirectory);
        var again = await SendAsync(restarted, "one", Plain);
        Assert.Equal(first.Json["results"]!.ToJsonString(), again.Json["results"]!.ToJsonString());
        Assert.Equal("idempotency-key-reused", (await SendAsync(restarted, "one")).Code);
    }

    [Fact]
    public async Task While_a_request_runs_another_with_its_key_is_told_to_wait()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var topic = (await broker.Services.GetRequiredService<ILogEngine>().DescribeTopicAsync("orders", default))!;
        var running = await broker.Services.GetRequiredService<IdempotentRequests>().BeginAsync(new IdempotencyKey("one"), topic, new byte[32], default);

        var refused = await SendAsync(broker, "one", """{"records":[{"text":"1"}]}""");
        running.Dispose();
        var taken = await SendAsync(broker, "one", """{"records":[{"text":"1"}]}""");

        Assert.Equal((409, "idempotency-key-in-use", "1"), (refused.Status, refused.Code, refused.Header("Retry-After")));
        Assert.Equal(200, taken.Status);
    }

    [Fact]
    public async Task Many_at_once_with_one_key_store_one()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");

        var answers = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => SendAsync(broker, "one")));

        Assert.All(answers, answer => Assert.True(answer.Status is 200 or 409, answer.Body));
        Assert.Single(answers, answer => answer.Status == 200 && answer.Header("RB-Idempotent-Replay") is null);
        Assert.Equal(7, await CountAsync(broker));
    }

    [Fact]
    public async Task A_topic_that_was_deleted_and_created_again_does_not_know_the_key()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");
        await SendAsync(broker, "one");
        await broker.SendAsync(HttpMethod.Delete, "/v1/topics/orders");
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":2}""");

        Assert.False((bool)(await SendAsync(broker, "one")).Json["duplicate"]!);
        Assert.Equal(7, await CountAsync(broker));
    }

    [Fact]
    public async Task A_condition_that_held_at_the_first_try_is_not_asked_again()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        var (path, body) = ("/v1/topics/orders/partitions/0/records", """{"records":[{"text":"1"}]}""");
        var tag = (await broker.GetAsync("/v1/topics/orders/partitions/0")).ETag!;

        Assert.Equal(200, (await broker.SendAsync(HttpMethod.Post, path, body, headers: [("Idempotency-Key", "one"), ("If-Match", tag)])).Status);
        Assert.Equal(200, (await broker.SendAsync(HttpMethod.Post, path, body, headers: [("Idempotency-Key", "one"), ("If-Match", tag)])).Status);
        Assert.Equal(412, (await broker.SendAsync(HttpMethod.Post, path, body, headers: [("Idempotency-Key", "two"), ("If-Match", tag)])).Status);
    }

    [Theory]
    [InlineData("\"quoted \\\"key\\\"\"", 400)]
    [InlineData("\"quoted\\\"key\\\\\"", 200)]
    [InlineData("\"open", 400)]
    [InlineData("\"closed\"twice\"", 400)]
    [InlineData("\"\"", 400)]
    [InlineData("two words", 400)]
    [InlineData("255", 200)]
    [InlineData("256", 400)]
    public async Task A_key_has_1_to_255_visible_characters(string key, int expected)
    {
        await using var broker = TestBroker.Start();

        var answer = await SendAsync(broker, int.TryParse(key, out var length) ? new string('k', length) : key, """{"records":[{"text":"1"}]}""");

        Assert.Equal(expected, answer.Status);
    }

    [Theory]
    [InlineData("/v1/topics/orders/records", "application/x-ndjson", "", 422, "not-supported-by-engine")]
    [InlineData("/v1/topics/orders/records?acks=none", "application/json", "", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/raw?acks=none", "application/json", "", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/partitions/0/records", "application/json", "0", 400, "invalid-request")]
    public async Task Where_a_key_cannot_mean_anything_it_is_refused(string path, string type, string producer, int status, string code)
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        List<(string, string)> headers = [("Idempotency-Key", "one")];
        if (producer.Length > 0) headers.AddRange([("Producer-Id", producer), ("Producer-Epoch", "0"), ("Producer-Seq", "0")]);

        var refused = await broker.SendAsync(HttpMethod.Post, path, """{"records":[{"text":"1"}]}""", type, [.. headers]);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        if (type == "application/x-ndjson") Assert.Contains("Producer-Id", (string)refused.Json["detail"]!, StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync(broker));
    }

    [Fact]
    public async Task The_broker_s_own_header_is_shown_by_no_face_and_taken_from_no_client()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/orders");
        await SendAsync(broker, "one", """{"records":[{"text":"1","headers":[["mine","x"]]}]}""");

        var page = await broker.GetAsync("/v1/topics/orders/records?from=earliest");
        var forged = await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"text":"1","headers":[["rb-idempotency","x"]]}]}""");

        Assert.Equal("""[["mine","x"]]""", page.Json["records"]![0]!["headers"]!.ToJsonString());
        Assert.Equal((422, "reserved-name"), (forged.Status, forged.Code));
    }

    [Fact]
    public async Task After_the_window_a_key_is_new_again()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["IdempotencyKeyWindowSeconds"] = "600" }, time: time);
        await broker.PutAsync("/v1/topics/orders", """{"partitionCount":3}""");
        await SendAsync(broker, "one");
        time.Advance(TimeSpan.FromSeconds(599));
        Assert.True((bool)(await SendAsync(broker, "one")).Json["duplicate"]!);
        await broker.StopAsync();
        time.Advance(TimeSpan.FromSeconds(2));

        await using var restarted = TestBroker.Start(new Dictionary<string, string> { ["IdempotencyKeyWindowSeconds"] = "600" }, broker.DataDirectory, time);

        Assert.False((bool)(await SendAsync(restarted, "one")).Json["duplicate"]!);
    }

    private static Task<Answer> SendAsync(TestBroker broker, string key, string body = Body) =>
        broker.SendAsync(HttpMethod.Post, "/v1/topics/orders/records", body, headers: ("Idempotency-Key", key));

    private static List<(int, long)> Places(Answer answer) =>
        [.. answer.Json["results"]!.AsArray().Select(result => ((int)result!["partition"]!, (long)result["offset"]!))];

    private static async Task<long> CountAsync(TestBroker broker) =>
        (await broker.GetAsync("/v1/topics/orders/partitions")).Json["items"]!.AsArray().Sum(item => (long)item!["nextOffset"]!);

    private static async Task AssertEveryReceiptLeadsToItsRecordAsync(TestBroker broker, Answer answer)
    {
        var expected = 1;
        foreach (var receipt in answer.Json["results"]!.AsArray())
        {
            var record = (await broker.GetAsync($"/v1/topics/orders/partitions/{receipt!["partition"]}/records/{receipt["offset"]}")).Json;
            Assert.Equal($"{expected++}", (string)record["text"]!);
            Assert.Equal((long)receipt["timestamp"]!, (long)record["timestamp"]!);
        }
    }

    // Stores the request's batches as the broker makes them, but for those of the later partitions.
    private static async Task StoreHalfAsync(TestBroker broker, string key)
    {
        var engine = broker.Services.GetRequiredService<ILogEngine>();
        var topic = (await engine.DescribeTopicAsync("orders", default))!;
        var named = new IdempotencyKey(key);
        using var request = await broker.Services.GetRequiredService<IdempotentRequests>().BeginAsync(
            named, topic, RequestDigest.OfRecords(named, null, System.Text.Encoding.UTF8.GetBytes(Body)), default);
        using var work = ProduceWork.Rent();
        work.Batches.Begin(new PartitionRule(topic, null, request.KeylessPartition, request));
        var limits = new RecordLimits(100, 100, 10, 100, 64);
        work.Intake.Begin(new IntakeRules("orders", null, topic.PartitionCount, limits, 100, new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1))));
        work.Intake.Take(new(System.Text.Encoding.UTF8.GetBytes(Body)), isLast: true);
        work.Intake.End();
        var (partition, builder) = work.Batches.Builders.First();
        builder.Producer = (request.ProducerId, 0, 0);
        await engine.ProduceAsync(new ProduceRequest(new("orders", partition), builder.Build(), Acks.All), default);
    }
}
