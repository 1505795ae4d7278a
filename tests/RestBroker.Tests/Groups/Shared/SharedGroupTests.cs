using Microsoft.Extensions.Time.Testing;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups.Shared;

/// <summary>Shared groups over HTTP, on a clock that the test turns.</summary>
public class SharedGroupTests
{
    private const string Group = "/v1/groups/g";
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Each_record_goes_to_one_member_and_an_accepted_one_to_nobody_else()
    {
        await using var broker = await StartAsync(2);
        await broker.ProduceAsync("t", 0, "1", "2", "3");
        await broker.ProduceAsync("t", 1, "4", "5");
        var (a, b) = (new SharedMember(broker), new SharedMember(broker, "b"));

        var first = await a.FetchAsync(limit: 2);
        var second = await b.FetchAsync();
        Assert.Equal(["1", "2", "3", "4", "5"], first.Concat(second).Select(delivery => delivery.Text).Order());
        Assert.All(first.Concat(second), delivery => Assert.Equal(1, delivery.Count));
        Assert.Empty(await a.FetchAsync());

        var acked = await a.AckAsync("accept", [.. first, .. second]);

        Assert.Equal(200, acked.Status);
        Assert.All(acked.Json["results"]!.AsArray(), result => Assert.Equal("accept", (string)result!["outcome"]!));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Empty(await b.FetchAsync());
        var lag = (await broker.GetAsync($"{Group}/lag")).Json;
        Assert.Equal((0, 3L), ((long)lag["lag"]!, (long)lag["topics"]![0]!["partitions"]![0]!["nextOffset"]!));
    }

    [Fact]
    public async Task A_record_that_nobody_speaks_of_comes_back_after_a_lease_and_wakes_who_waits()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1");
        var given = await new SharedMember(broker).FetchAsync();
        var b = new SharedMember(broker, "b");

        var waiting = b.FetchAsync(wait: 50);
        _time.Advance(TimeSpan.FromSeconds(30));
        var again = await waiting;

        Assert.Equal(("1", 2), (again.Single().Text, again.Single().Count));
        var late = await b.AckAsync("accept", given);
        Assert.Equal((207, "invalid-record-state"), (late.Status, (string)late.Json["results"]![0]!["code"]!));
        Assert.Equal(200, (await b.AckAsync("accept", again)).Status);
    }

    [Fact]
    public async Task A_released_record_wakes_who_waits_and_a_delayed_one_does_when_its_time_has_come()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1");
        var (a, b) = (new SharedMember(broker), new SharedMember(broker, "b"));
        var first = await a.FetchAsync();

        var waiting = b.FetchAsync(wait: 50);
        await a.AckAsync("release", first);
        var second = await waiting;
        await a.AckAsync("release", second, delaySeconds: 40);
        Assert.Empty(await a.FetchAsync());
        waiting = b.FetchAsync(wait: 50);
        _time.Advance(TimeSpan.FromSeconds(40));

        Assert.Equal((2, 3), (second.Single().Count, (await waiting).Single().Count));
    }

    [Fact]
    public async Task A_renewed_hold_begins_anew_and_counts_no_delivery()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1");
        var a = new SharedMember(broker);
        var held = await a.FetchAsync();

        for (var i = 0; i < 10; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(20));
            Assert.Equal(200, (await a.AckAsync("renew", held)).Status);
            Assert.Empty(await a.FetchAsync());
        }

        Assert.Equal(200, (await a.AckAsync("accept", held)).Status);
    }

    [Fact]
    public async Task A_rejected_record_is_a_dead_letter_at_once_and_tells_where_it_comes_from()
    {
        await using var broker = await StartAsync(2);
        await broker.ProduceAsync("t", [
            """{"partition":1,"text":"fine"}""",
            """{"partition":1,"key":"k","value":{"n":1},"headers":[["source","shop"]],"timestamp":5}"""]);
        var a = new SharedMember(broker);
        var given = await a.FetchAsync();
        await a.AckAsync("release", given.Where(delivery => delivery.Offset == 1));
        var bad = await a.FetchAsync();

        Assert.Equal(200, (await a.AckAsync("reject", bad)).Status);

        var dead = new Delivery((await broker.PageAsync("/v1/topics/dead/records")).Records.Single());
        Assert.Equal(("k", 1, 5L), ((string)dead.Json["key"]!, (int)dead.Json["value"]!["n"]!, (long)dead.Json["timestamp"]!));
        Assert.Equal(
            ["shop", "t", "1", "1", "g", "rejected", "2"],
            new[] { "source", "rb-dlq-topic", "rb-dlq-partition", "rb-dlq-offset", "rb-dlq-group", "rb-dlq-reason", "rb-dlq-deliveries" }.Select(dead.Header));
        Assert.Equal("invalid-record-state", (string)(await a.AckAsync("accept", bad)).Json["results"]![0]!["code"]!);
    }

    [Fact]
    public async Task A_record_given_out_too_often_is_a_dead_letter_though_nobody_calls()
    {
        await using var broker = await StartAsync(settings: """, "maxDeliveries":2""");
        await broker.ProduceAsync("t", 0, "1", "2");
        var a = new SharedMember(broker);
        await a.FetchAsync();
        _time.Advance(TimeSpan.FromSeconds(30));
        var last = await a.FetchAsync();
        var tail = broker.GetAsync("/v1/topics/dead/records?wait=50");

        Assert.Equal(200, (await a.AckAsync("release", last.Take(1))).Status);
        Assert.Equal("max-deliveries", new Delivery(new Page((await tail).Json).Records.Single()).Header("rb-dlq-reason"));
        tail = broker.GetAsync($"/v1/topics/dead/records?wait=50&cursor={(string)(await broker.GetAsync("/v1/topics/dead/records")).Json["cursor"]!}");
        _time.Advance(TimeSpan.FromSeconds(30));

        var second = new Delivery(new Page((await tail).Json).Records.Single());
        Assert.Equal(("2", "2", "max-deliveries"), (second.Text, second.Header("rb-dlq-deliveries"), second.Header("rb-dlq-reason")));
        Assert.Empty(await a.FetchAsync());
    }

    [Fact]
    public async Task Without_a_dead_letter_topic_what_cannot_be_done_is_dropped()
    {
        await using var broker = await StartAsync(settings: """, "deadLetterTopic":"" """);
        await broker.ProduceAsync("t", 0, "1");
        var a = new SharedMember(broker);

        await a.AckAsync("reject", await a.FetchAsync());

        Assert.Equal(0, (long)(await broker.GetAsync($"{Group}/lag")).Json["lag"]!);
        Assert.Empty((await broker.PageAsync("/v1/topics/dead/records")).Records);
    }

    [Fact]
    public async Task No_more_records_of_a_partition_are_given_out_than_allowed_and_one_that_is_slow_holds_nobody_up()
    {
        await using var broker = await StartAsync(options: new() { ["MaxSharedRecordsInFlight"] = "3" });
        await broker.ProduceAsync("t", 0, "1", "2", "3", "4", "5", "6");
        var a = new SharedMember(broker);
        var held = await a.FetchAsync();
        Assert.Equal(["1", "2", "3"], held.Select(delivery => delivery.Text));
        Assert.Empty(await a.FetchAsync());

        var waiting = a.FetchAsync(wait: 50);
        await a.AckAsync("accept", held.Skip(1));

        Assert.Equal(["4", "5"], (await waiting).Select(delivery => delivery.Text));
        var partition = (await broker.GetAsync($"{Group}/lag")).Json["topics"]![0]!["partitions"]![0]!;
        Assert.Equal((0L, 4L, 3), ((long)partition["nextOffset"]!, (long)partition["lag"]!, (int)partition["inFlight"]!["acquired"]!));
    }

    [Fact]
    public async Task A_member_that_leaves_gives_back_what_it_holds()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1");
        var (a, b) = (new SharedMember(broker), new SharedMember(broker, "b"));
        await a.FetchAsync();
        await b.FetchAsync();
        Assert.Equal(2, (await broker.GetAsync(Group)).Json["members"]!.AsArray().Count);

        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, $"{Group}/members/a")).Status);

        Assert.Equal(2, (await b.FetchAsync()).Single().Count);
        Assert.Equal((404, "unknown-member-id"), await StatusAsync(broker.SendAsync(HttpMethod.Delete, $"{Group}/members/a")));
    }

    [Fact]
    public async Task One_line_of_curl_accepts_at_once()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1", "2");

        var answer = await broker.SendAsync(HttpMethod.Post, $"{Group}/fetch?topic=t&member=curl&autoCommit=true&limit=1");

        var given = SharedMember.Deliveries(answer.Json).Single();
        Assert.Equal(("1", null, 1), (given.Text, given.Receipt, given.Count));
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal("2", (await new SharedMember(broker).FetchAsync()).Single().Text);
    }

    [Fact]
    public async Task What_retention_removed_unread_is_a_gap_and_a_topic_made_again_begins_anew()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1", "2", "3");
        var a = new SharedMember(broker);
        var held = await a.FetchAsync(limit: 1);
        await broker.TrimAsync("t", 0, 2);

        var page = await broker.PostAsync($"{Group}/fetch", """{"member":"a"}""");
        Assert.Equal("3", SharedMember.Deliveries(page.Json).Single().Text);
        Assert.Equal("""[{"topic":"t","partition":0,"from":0,"to":2,"reason":"trimmed"}]""", page.Json["gaps"]!.ToJsonString());
        Assert.Equal("invalid-record-state", (string)(await a.AckAsync("accept", held)).Json["results"]![0]!["code"]!);

        await broker.DeleteAsync("t");
        await broker.CreateAsync("t");
        await broker.ProduceAsync("t", 0, "new");
        Assert.Equal("new", (await a.FetchAsync()).Single().Text);
        Assert.Equal("unknown-topic-or-partition", (string)(await a.AckAsync("accept", held)).Json["results"]![0]!["code"]!);
    }

    [Fact]
    public async Task A_reset_gives_everything_out_again_and_needs_force_while_members_are_there()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1", "2", "3");
        var a = new SharedMember(broker);
        await a.AckAsync("accept", await a.FetchAsync(limit: 2));
        var held = await a.FetchAsync();
        const string ToStart = """{"to":"earliest"}""";

        Assert.Equal((409, "group-active"), await StatusAsync(broker.SendAsync(HttpMethod.Put, $"{Group}/offsets", ToStart, headers: ("If-Match", "*"))));
        var moved = await broker.SendAsync(HttpMethod.Put, $"{Group}/offsets", """{"to":"earliest","force":true}""", headers: ("If-Match", "*"));

        Assert.Equal((2L, 0L), ((long)moved.Json["offsets"]![0]!["previous"]!, (long)moved.Json["offsets"]![0]!["nextOffset"]!));
        Assert.Equal("invalid-record-state", (string)(await a.AckAsync("accept", held)).Json["results"]![0]!["code"]!);
        Assert.Equal([1, 1, 1], (await a.FetchAsync()).Select(delivery => delivery.Count));
    }

    [Theory]
    [InlineData("POST", "/fetch", """{"member":"a","lease":{"id":"x.a","epoch":1}}""", 409, "group-type-mismatch")]
    [InlineData("POST", "/fetch", """{"member":"a","cursor":"1~00000000~5"}""", 409, "group-type-mismatch")]
    [InlineData("POST", "/fetch", """{"limit":1}""", 400, "invalid-request")]
    [InlineData("POST", "/fetch", """{"member":"a","maxBytes":0}""", 422, "invalid-range")]
    [InlineData("POST", "/commit", """{"lease":{"id":"x.a","epoch":1},"offsets":[]}""", 409, "group-type-mismatch")]
    [InlineData("POST", "/ack", """{"acks":[]}""", 422, "invalid-range")]
    [InlineData("POST", "/ack", """{"acks":[{"receipt":"x"}]}""", 400, "invalid-request")]
    [InlineData("POST", "/ack", """{"acks":[null]}""", 400, "invalid-request")]
    [InlineData("POST", "/ack", """{"acks":[{"receipt":"x","outcome":"done"}]}""", 400, "invalid-request")]
    [InlineData("POST", "/ack", """{"acks":[{"receipt":"x","outcome":"accept","delaySeconds":1}]}""", 422, "invalid-range")]
    [InlineData("POST", "/ack", """{"acks":[{"receipt":"x","outcome":"release","delaySeconds":86401}]}""", 422, "invalid-range")]
    [InlineData("PUT", "", """{"mode":"partitioned"}""", 409, "group-type-mismatch")]
    [InlineData("PUT", "", """{"maxDeliveries":0}""", 422, "invalid-range")]
    [InlineData("PUT", "", """{"deadLetterTopic":"nowhere"}""", 404, "unknown-topic-or-partition")]
    [InlineData("PUT", "", """{"deadLetterTopic":"t"}""", 422, "invalid-config")]
    [InlineData("PUT", "", """{"deadLetterTopic":"__metadata"}""", 422, "reserved-name")]
    public async Task What_cannot_be_done_is_refused_with_a_reason(string method, string path, string body, int status, string code)
    {
        await using var broker = await StartAsync();

        Assert.Equal((status, code), await StatusAsync(broker.SendAsync(new HttpMethod(method), $"{Group}{path}", body)));
    }

    [Fact]
    public async Task Receipts_that_fit_nothing_have_a_code_each_and_the_others_hold()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1");
        var a = new SharedMember(broker);
        var receipt = (await a.FetchAsync()).Single().Receipt!;
        var forged = receipt[..^1] + (receipt[^1] == '0' ? '1' : '0');

        var answer = await broker.PostAsync($"{Group}/ack", $$"""
            {"acks":[{"receipt":"nonsense","outcome":"accept"},{"receipt":"{{forged}}","outcome":"accept"},
                     {"receipt":"00000000.0.0.0","outcome":"accept"},{"receipt":"{{receipt}}","outcome":"accept"},{"receipt":"{{receipt}}","outcome":"accept"}]}
            """);

        Assert.Equal(207, answer.Status);
        Assert.Equal(
            ["invalid-receipt", "invalid-record-state", "unknown-topic-or-partition", "accept", "invalid-record-state"],
            answer.Json["results"]!.AsArray().Select(result => (string?)result!["code"] ?? (string?)result["outcome"]));
    }

    [Fact]
    public async Task A_partitioned_group_has_no_receipts()
    {
        await using var broker = await StartAsync();
        await broker.PutAsync("/v1/groups/p", """{"topics":["t"]}""");

        var refused = broker.PostAsync("/v1/groups/p/ack", """{"acks":[{"receipt":"x","outcome":"accept"}]}""");

        Assert.Equal((409, "group-type-mismatch"), await StatusAsync(refused));
    }

    private static async Task<(int Status, string Code)> StatusAsync(Task<Answer> answer) => ((await answer).Status, (await answer).Code);

    private async Task<TestBroker> StartAsync(int partitions = 1, string settings = "", Dictionary<string, string>? options = null)
    {
        var broker = TestBroker.Start(options, time: _time);
        await broker.CreateAsync("t", partitions);
        await broker.CreateAsync("dead");
        var made = await broker.PutAsync(Group, $$"""{"topics":["t"],"mode":"shared"{{(settings.Contains("deadLetterTopic") ? "" : ",\"deadLetterTopic\":\"dead\"")}}{{settings}}}""");
        Assert.True(made.Status == 201, made.Body);
        return broker;
    }
}
