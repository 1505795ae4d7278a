using Microsoft.Extensions.Time.Testing;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups;

/// <summary>The contract of groups over HTTP, where http/groups.http does not show it.</summary>
public class GroupApiTests
{
    private const string Groups = "/v1/groups";

    [Fact]
    public async Task A_group_answers_with_its_settings_and_an_etag_that_moves_with_them()
    {
        await using var broker = await StartAsync();

        var created = await broker.PutAsync($"{Groups}/g", """{"topics":["t"],"from":"-5","leaseSeconds":9}""");
        var same = await broker.PutAsync($"{Groups}/g", """{"topics":["t"]}""");
        var changed = await broker.PutAsync($"{Groups}/g", """{"from":"2026-01-31T08:00:00Z"}""");

        Assert.Equal((201, "/v1/groups/g"), (created.Status, created.Header("Location")));
        Assert.Equal((200, created.ETag), (same.Status, same.ETag));
        Assert.NotEqual(created.ETag, changed.ETag);
        Assert.Equal("-5", (string)created.Json["from"]!);
        Assert.Equal(("1769846400000", 9, "empty"), ((string)changed.Json["from"]!, (int)changed.Json["leaseSeconds"]!, (string)changed.Json["state"]!));
        var unchanged = await broker.SendAsync(HttpMethod.Get, $"{Groups}/g", headers: ("If-None-Match", changed.ETag!));
        Assert.Equal(304, unchanged.Status);
    }

    [Fact]
    public async Task Groups_are_listed_in_pages_with_a_link_to_the_next()
    {
        await using var broker = await StartAsync();
        foreach (var name in new[] { "a", "b1", "b2" }) await broker.PutAsync($"{Groups}/{name}", """{"topics":["t"]}""");

        var page = await broker.GetAsync($"{Groups}?prefix=b&limit=1");

        Assert.Equal("b1", (string)page.Json["items"]![0]!["group"]!);
        Assert.Equal("</v1/groups?prefix=b&limit=1&after=b1>; rel=\"next\"", page.Header("Link"));
        var last = await broker.GetAsync($"{Groups}?prefix=b&limit=1&after=b1");
        Assert.Equal(("b2", true), ((string)last.Json["items"]![0]!["group"]!, last.Json["next"] is null));
    }

    [Theory]
    [InlineData("PUT", "/g", """{"topics":"t"}""", 400, "invalid-request")]
    [InlineData("PUT", "/g", """{"topics":["t"],"from":"5"}""", 400, "invalid-request")]
    [InlineData("PUT", "/g", """{"topics":["t"],"nonsense":1}""", 400, "invalid-request")]
    [InlineData("PUT", "/g", """{"topics":[]}""", 422, "invalid-range")]
    [InlineData("PUT", "/g", """{"topics":["t"],"leaseSeconds":0}""", 422, "invalid-range")]
    [InlineData("PUT", "/g", """{"topics":["__metadata"]}""", 422, "reserved-name")]
    [InlineData("PUT", "/a%20b", """{"topics":["t"]}""", 422, "invalid-name")]
    [InlineData("POST", "/none/fetch", """{"member":"a"}""", 404, "group-id-not-found")]
    [InlineData("POST", "/g0/fetch", """{}""", 400, "invalid-request")]
    [InlineData("POST", "/g0/fetch", null, 400, "invalid-request")]
    [InlineData("POST", "/g0/fetch?member=a", """{"member":"a"}""", 400, "invalid-request")]
    [InlineData("POST", "/g0/fetch?topic=u&member=a&autoCommit=true", null, 404, "unknown-topic-or-partition")]
    [InlineData("POST", "/g0/fetch?topic=t2&member=a&autoCommit=true", null, 422, "invalid-topic")]
    [InlineData("POST", "/g0/fetch?topic=t&member=a&autoCommit=true&waits=1", null, 400, "invalid-request")]
    [InlineData("POST", "/g0/fetch", """{"member":"a b"}""", 422, "invalid-name")]
    [InlineData("POST", "/g0/fetch", """{"member":"a","limit":0}""", 422, "invalid-range")]
    [InlineData("POST", "/g0/fetch", """{"member":"a","wait":51}""", 422, "invalid-range")]
    [InlineData("POST", "/g0/fetch", """{"member":"a","cursor":"x"}""", 400, "invalid-cursor")]
    [InlineData("POST", "/g0/fetch", """{"member":"a","lease":{"id":"x.a","epoch":1}}""", 409, "lease-fenced")]
    [InlineData("POST", "/g0/commit", """{"lease":{"id":"x.a","epoch":1}}""", 400, "invalid-request")]
    [InlineData("POST", "/g0/commit", """{"lease":{"id":"x","epoch":1},"offsets":[]}""", 409, "lease-fenced")]
    [InlineData("POST", "/g0/commit", """{"lease":{"id":"x.a","epoch":1},"cursor":"1~00000000~5"}""", 409, "topic-recreated")]
    [InlineData("PUT", "/g0/offsets", """{"dryRun":true}""", 400, "invalid-request")]
    [InlineData("PUT", "/g0/offsets", """{"to":"earliest","topic":"t2","dryRun":true}""", 404, "unknown-topic-or-partition")]
    [InlineData("PUT", "/g0/offsets", """{"to":"earlier","dryRun":true}""", 400, "invalid-request")]
    [InlineData("PUT", "/g0/offsets", """{"offsets":[{"topic":"t","partition":7,"nextOffset":0}],"dryRun":true}""", 404, "unknown-topic-or-partition")]
    [InlineData("DELETE", "/none", null, 404, "group-id-not-found")]
    [InlineData("GET", "/none/lag", null, 404, "group-id-not-found")]
    public async Task What_cannot_be_done_is_refused_with_a_reason(string method, string path, string? body, int status, string code)
    {
        await using var broker = await StartAsync();
        await broker.PutAsync($"{Groups}/g0", """{"topics":["t"]}""");

        var refused = await broker.SendAsync(new HttpMethod(method), $"{Groups}{path}", body);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        Assert.False(string.IsNullOrEmpty((string)refused.Json["detail"]!));
    }

    [Fact]
    public async Task The_one_liner_gives_every_record_once_and_then_waits()
    {
        await using var broker = await StartAsync();
        await broker.PostAsync("/v1/topics/t/records", """{"records":[{"partition":0,"text":"1"},{"partition":0,"text":"2"}]}""");
        const string Line = $"{Groups}/curl/fetch?topic=t&member=a&autoCommit=true";

        var first = await broker.SendAsync(HttpMethod.Post, $"{Line}&limit=1");
        var second = await broker.SendAsync(HttpMethod.Post, $"{Line}&wait=20");
        var waiting = broker.SendAsync(HttpMethod.Post, $"{Line}&wait=20");
        Assert.False(waiting.IsCompleted);
        await broker.PostAsync("/v1/topics/t/records", """{"records":[{"partition":1,"text":"3"}]}""");

        Assert.Equal("1", GroupClient.Texts(first.Json));
        Assert.Equal("2", GroupClient.Texts(second.Json));
        Assert.Equal("3", GroupClient.Texts((await waiting).Json));
        Assert.Equal(0, (long)(await broker.GetAsync($"{Groups}/curl/lag")).Json["lag"]!);
    }

    [Fact]
    public async Task A_cursor_reads_on_before_it_is_committed_and_never_before_what_is()
    {
        await using var broker = await StartAsync();
        await broker.PostAsync("/v1/topics/t/records", """{"records":[{"partition":0,"text":"1"},{"partition":0,"text":"2"},{"partition":0,"text":"3"}]}""");
        await broker.PutAsync($"{Groups}/g", """{"topics":["t"]}""");
        var member = new GroupClient(broker, "g", "a");
        await member.FetchAsync(limit: 1);
        var cursor = member.Cursor;

        Assert.Equal("1", GroupClient.Texts((await member.FetchAsync(limit: 1)).Json));
        var further = await broker.PostAsync($"{Groups}/g/fetch", $$"""{"member":"a","lease":{{member.Lease}},"cursor":"{{cursor}}","limit":1}""");
        Assert.Equal("2", GroupClient.Texts(further.Json));
        await member.CommitAsync((string)further.Json["cursor"]!);
        var back = await broker.PostAsync($"{Groups}/g/fetch", $$"""{"member":"a","lease":{{member.Lease}},"cursor":"{{cursor}}","limit":1}""");
        Assert.Equal("3", GroupClient.Texts(back.Json));
    }

    [Fact]
    public async Task What_retention_removed_unread_is_a_gap_and_reading_goes_on()
    {
        await using var broker = await StartAsync();
        await broker.PostAsync("/v1/topics/t/records", """{"records":[{"partition":0,"text":"1"},{"partition":0,"text":"2"}]}""");
        await broker.PutAsync($"{Groups}/g", """{"topics":["t"]}""");
        var member = new GroupClient(broker, "g", "a");
        await member.FetchAsync(limit: 1);
        await member.CommitAsync();
        await broker.PostAsync("/v1/topics/t/records", """{"records":[{"partition":0,"text":"3"}]}""");
        await broker.SendAsync(HttpMethod.Delete, "/v1/topics/t/partitions/0/records?before=2");

        var answer = await member.FetchAsync();

        Assert.Equal("3", GroupClient.Texts(answer.Json));
        Assert.Equal("""[{"topic":"t","partition":0,"from":1,"to":2,"reason":"trimmed"}]""", answer.Json["gaps"]!.ToJsonString());
    }

    [Fact]
    public async Task A_group_whose_topic_does_not_exist_yet_waits_for_it()
    {
        await using var broker = await StartAsync();
        await broker.PutAsync($"{Groups}/g", """{"topics":["later"],"leaseSeconds":3}""");
        var member = new GroupClient(broker, "g", "a");
        var empty = await member.FetchAsync();
        Assert.Empty(GroupClient.Records(empty));
        Assert.Equal(200, (await member.CommitAsync()).Status);

        var waiting = member.FetchAsync(wait: 20);
        await broker.PutAsync("/v1/topics/later");
        await broker.PostAsync("/v1/topics/later/records", """{"records":[{"text":"1"}]}""");

        Assert.Equal("1", GroupClient.Texts((await waiting).Json));
    }

    [Fact]
    public async Task The_lag_tells_how_old_the_oldest_record_is_that_was_not_read()
    {
        var time = new FakeTimeProvider();
        await using var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("t", 2);
        await broker.PutAsync($"{Groups}/g", """{"topics":["t"]}""");
        Assert.Null((await broker.GetAsync($"{Groups}/g/lag")).Json["oldestUnreadAgeMs"]);

        await broker.ProduceAsync("t", 0, "1");
        time.Advance(TimeSpan.FromSeconds(5));
        await broker.ProduceAsync("t", 1, "2");
        time.Advance(TimeSpan.FromSeconds(1));
        var lag = (await broker.GetAsync($"{Groups}/g/lag")).Json;

        Assert.Equal(6_000, (long)lag["oldestUnreadAgeMs"]!);
        Assert.Equal([6_000, 1_000], lag["topics"]![0]!["partitions"]!.AsArray().Select(partition => (long)partition!["oldestUnreadAgeMs"]!));
    }

    [Theory]
    [InlineData("partitioned")]
    [InlineData("shared")]
    public async Task A_group_whose_offsets_are_deleted_begins_anew_where_its_settings_say(string mode)
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("t", 0, "1", "2", "3");
        await broker.PutAsync($"{Groups}/g", $$"""{"topics":["t"],"mode":"{{mode}}","from":"-2"}""");
        const string Line = $"{Groups}/g/fetch?topic=t&member=a&autoCommit=true";
        Assert.Equal("2,3", GroupClient.Texts((await broker.SendAsync(HttpMethod.Post, Line)).Json));

        Assert.Equal(428, (await broker.SendAsync(HttpMethod.Delete, $"{Groups}/g/offsets")).Status);
        Assert.Equal(409, (await broker.SendAsync(HttpMethod.Delete, $"{Groups}/g/offsets", headers: ("If-Match", "*"))).Status);
        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, $"{Groups}/g/members/a")).Status);
        Assert.Equal(412, (await broker.SendAsync(HttpMethod.Delete, $"{Groups}/g/offsets", headers: ("If-Match", "\"0\""))).Status);
        var tag = (await broker.GetAsync($"{Groups}/g")).ETag!;
        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, $"{Groups}/g/offsets", headers: ("If-Match", tag))).Status);

        Assert.Equal(2, (long)(await broker.GetAsync($"{Groups}/g/lag")).Json["lag"]!);
        Assert.Equal("2,3", GroupClient.Texts((await broker.SendAsync(HttpMethod.Post, Line)).Json));
    }

    private static async Task<TestBroker> StartAsync()
    {
        var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/t", """{"partitionCount":2}""");
        await broker.PutAsync("/v1/topics/t2");
        return broker;
    }
}
