using Microsoft.Extensions.Time.Testing;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups;

/// <summary>A group's members as event streams, which is how browser tabs take part.</summary>
public class GroupEventsTests
{
    private const string Group = "/v1/groups/g";

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task A_stream_begins_with_its_lease_and_the_id_of_a_record_is_what_to_commit()
    {
        await using var broker = await StartAsync(2);
        await broker.ProduceAsync("t", 0, "1", "2");

        await using var events = await OpenAsync(broker, "a");
        var lease = await events.NextAsync("lease");
        Assert.Equal("""[{"topic":"t","partitions":[0,1]}]""", lease.Json["partitions"]!.ToJsonString());
        Assert.Equal(2, (long)(await events.NextAsync("heartbeat")).Json["lag"]!);
        var first = await events.NextAsync("message");
        Assert.Equal("1", first.Text);
        Assert.Equal("2", (await events.NextAsync("message")).Text);
        Assert.Equal("up-to-date", (await events.NextAsync()).Type);

        var committed = await CommitAsync(broker, lease, first.Id);

        Assert.Equal("""{"offsets":[{"topic":"t","partition":0,"nextOffset":1},{"topic":"t","partition":1,"nextOffset":0}]}""", committed.Body);
        await broker.ProduceAsync("t", 1, "3");
        Assert.Equal("3", (await events.NextAsync("message")).Text);
    }

    [Fact]
    public async Task Two_tabs_share_the_partitions_and_whoever_loses_some_is_told()
    {
        await using var broker = await StartAsync(2);
        await using var a = await OpenAsync(broker, "a");
        var all = await a.NextAsync("lease");

        await using var b = await OpenAsync(broker, "b");
        Assert.Equal("[]", (await b.NextAsync("lease")).Json["partitions"]!.ToJsonString());
        var revoked = await UntilAsync(a, "revoked");
        var kept = await a.NextAsync("lease");
        var got = await UntilAsync(b, "lease");

        Assert.Equal("""{"partitions":[{"topic":"t","partitions":[1]}]}""", revoked.Data);
        Assert.Equal("""[{"topic":"t","partitions":[0]}]""", kept.Json["partitions"]!.ToJsonString());
        Assert.Equal("""[{"topic":"t","partitions":[1]}]""", got.Json["partitions"]!.ToJsonString());
        Assert.Equal((string)all.Json["id"]!, (string)kept.Json["id"]!);
        Assert.Equal(409, (await CommitAsync(broker, all, all.Id)).Status);
        await broker.ProduceAsync("t", 0, "for a");
        await broker.ProduceAsync("t", 1, "for b");
        Assert.Equal(("for a", "for b"), (await MessageAsync(a), await MessageAsync(b)));
    }

    [Fact]
    public async Task A_tab_that_reconnects_goes_on_after_its_last_event_in_what_it_held_all_the_time()
    {
        await using var broker = await StartAsync(1);
        await broker.ProduceAsync("t", 0, "1", "2", "3");
        string id;
        await using (var first = await OpenAsync(broker, "a"))
        {
            Assert.Equal("1", await MessageAsync(first));
            Assert.Equal("2", await MessageAsync(first));
            id = first.LastEventId!;
        }

        await using (var again = await OpenAsync(broker, "a", id)) Assert.Equal("3", await MessageAsync(again));
        // That id is of a lease which is not the last any more: nothing tells who read what under the one after it.
        await using (var stale = await OpenAsync(broker, "a", id)) Assert.Equal("1", await MessageAsync(stale));
        await using (var fresh = await OpenAsync(broker, "a")) Assert.Equal("1", await MessageAsync(fresh));
    }

    [Fact]
    public async Task A_tab_that_comes_back_after_its_lease_reads_from_what_is_committed()
    {
        var time = new FakeTimeProvider();
        await using var broker = await StartAsync(1, time);
        await broker.ProduceAsync("t", 0, "1", "2", "3");
        string id;
        await using (var first = await OpenAsync(broker, "a", limit: 2))
        {
            var lease = await first.NextAsync("lease");
            var one = await first.NextAsync("message");
            await first.NextAsync("message");
            id = first.LastEventId!;
            Assert.Equal(200, (await CommitAsync(broker, lease, one.Id)).Status);
            Assert.Equal("""{"reason":"limit","reconnect":false}""", (await first.NextAsync("bye")).Data);
        }

        time.Advance(TimeSpan.FromSeconds(30));

        await using var again = await OpenAsync(broker, "a", id);
        Assert.Equal("2", await MessageAsync(again));
    }

    [Fact]
    public async Task The_connection_renews_its_lease_for_as_long_as_it_is_there()
    {
        var time = new FakeTimeProvider();
        await using var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("t");
        await broker.PutAsync(Group, """{"topics":["t"],"leaseSeconds":300}""");
        await using var events = await OpenAsync(broker, "a");
        await events.NextAsync("lease");
        await events.NextAsync("up-to-date");

        // In steps that are small beside the lease: a slow machine is not to be taken for a silent member.
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(600); passed += Heartbeat)
        {
            time.Advance(Heartbeat);
            Assert.Equal("heartbeat", (await time.PassUntilAsync(TimeSpan.FromMilliseconds(10), events.NextAsync())).Type);
        }

        Assert.Equal("a", (string)(await broker.GetAsync(Group)).Json["members"]![0]!["member"]!);
        await broker.ProduceAsync("t", 0, "1");
        Assert.Equal("1", await MessageAsync(events));
    }

    [Fact]
    public async Task A_second_stream_of_the_name_ends_the_first_and_that_one_does_not_come_back()
    {
        await using var broker = await StartAsync(1);
        await using var first = await OpenAsync(broker, "a");
        await first.NextAsync("lease");
        await first.NextAsync("up-to-date");

        await using var second = await OpenAsync(broker, "a");

        var problem = await first.NextAsync("problem");
        Assert.Equal(("lease-fenced", "1~end"), ((string)problem.Json["code"]!, problem.Id));
        Assert.Equal("""{"reason":"lease-fenced","reconnect":false}""", (await first.NextAsync("bye")).Data);
        Assert.Null(await first.NextOrEndAsync());
        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Get, $"{Group}/events?member=a", headers: ("Last-Event-ID", "1~end"))).Status);
    }

    [Fact]
    public async Task A_group_whose_topic_does_not_exist_yet_streams_it_once_it_does()
    {
        var time = new FakeTimeProvider();
        await using var broker = TestBroker.Start(time: time);
        await broker.PutAsync(Group, """{"topics":["later"],"leaseSeconds":30}""");
        await using var events = await OpenAsync(broker, "a");
        Assert.StartsWith("1~@", (await events.NextAsync("lease")).Id, StringComparison.Ordinal);

        await broker.CreateAsync("later");
        await broker.ProduceAsync("later", 0, "1");
        time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal("1", await MessageAsync(events));
    }

    [Fact]
    public async Task A_web_page_of_another_origin_cannot_join()
    {
        await using var broker = await StartAsync(1);

        var refused = await broker.SendAsync(HttpMethod.Get, $"{Group}/events?member=a", headers: ("Origin", "https://elsewhere.example"));

        Assert.Equal((403, "origin-not-allowed"), (refused.Status, refused.Code));
        Assert.Empty((await broker.GetAsync(Group)).Json["members"]!.AsArray());
    }

    [Theory]
    [InlineData("/v1/groups/none/events?member=a", 404, "group-id-not-found")]
    [InlineData("/v1/groups/g/events", 400, "invalid-request")]
    [InlineData("/v1/groups/g/events?member=a%20b", 422, "invalid-name")]
    [InlineData("/v1/groups/g/events?member=a&wait=1", 400, "invalid-request")]
    public async Task A_first_request_is_refused_by_a_status_and_a_later_one_in_the_stream(string path, int status, string code)
    {
        await using var broker = await StartAsync(1);

        var refused = await broker.GetAsync(path);

        Assert.Equal((status, code), (refused.Status, refused.Code));
        if (status == 400) return;
        await using var events = await EventsReader.OpenAsync(broker, path, "1~00000000~5~@3");
        Assert.Equal(code, (string)(await events.NextAsync("problem")).Json["code"]!);
        Assert.Equal(("bye", "1~end"), ((await events.NextAsync()).Type, events.LastEventId));
    }

    private static Task<EventsReader> OpenAsync(TestBroker broker, string member, string? lastEventId = null, int? limit = null) =>
        EventsReader.OpenAsync(broker, $"{Group}/events?member={member}{(limit is null ? "" : $"&limit={limit}")}", lastEventId);

    private static async Task<string> MessageAsync(EventsReader events) => (await UntilAsync(events, "message")).Text;

    private static async Task<ServerEvent> UntilAsync(EventsReader events, string type)
    {
        while (true)
        {
            if (await events.NextAsync() is var found && found.Type == type) return found;
        }
    }

    private static Task<Answer> CommitAsync(TestBroker broker, ServerEvent lease, string cursor) => broker.PostAsync(
        $"{Group}/commit", $$"""{"lease":{"id":"{{lease.Json["id"]}}","epoch":{{lease.Json["epoch"]}}},"cursor":"{{cursor}}"}""");

    private static async Task<TestBroker> StartAsync(int partitions, TimeProvider? time = null)
    {
        var broker = TestBroker.Start(time: time);
        await broker.CreateAsync("t", partitions);
        await broker.PutAsync(Group, """{"topics":["t"],"leaseSeconds":30}""");
        return broker;
    }
}
