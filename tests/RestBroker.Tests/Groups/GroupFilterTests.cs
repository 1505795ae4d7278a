using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups;

/// <summary>Members that want some of the records: what the filter leaves out is passed, and committed with the rest.</summary>
public class GroupFilterTests
{
    private const string Group = "/v1/groups/g";
    private const string Line = $"{Group}/fetch?topic=t&member=curl&autoCommit=true";

    [Theory]
    [InlineData("key=a", "0,3")]
    [InlineData("keyPrefix=a", "0,1,3")]
    [InlineData("header.kind=x", "1")]
    [InlineData("keyPrefix=a&header.kind=y", "3")]
    [InlineData("key=none", "")]
    public async Task A_fetch_with_a_body_takes_the_filter_of_its_query_and_the_cursor_goes_over_the_rest(string filter, string expected)
    {
        await using var broker = await StartAsync();
        await ProduceAsync(broker);

        var page = await broker.PostAsync($"{Group}/fetch?{filter}", """{"member":"a"}""");

        Assert.Equal(expected, GroupClient.Texts(page.Json));
        var lease = page.Json["lease"]!;
        var committed = await broker.PostAsync(
            $"{Group}/commit", $$"""{"lease":{"id":"{{lease["id"]}}","epoch":{{lease["epoch"]}}},"cursor":"{{page.Json["cursor"]}}"}""");
        Assert.Equal("""{"offsets":[{"topic":"t","partition":0,"nextOffset":5}]}""", committed.Body);
        Assert.Equal(0, (long)(await broker.GetAsync($"{Group}/lag")).Json["lag"]!);
    }

    [Fact]
    public async Task The_one_line_commits_what_its_filter_leaves_out_where_nothing_matches_too()
    {
        await using var broker = await StartAsync();
        await ProduceAsync(broker);

        Assert.Equal("1", GroupClient.Texts((await broker.SendAsync(HttpMethod.Post, $"{Line}&key=ab&limit=1")).Json));
        Assert.Equal(3, (long)(await broker.GetAsync($"{Group}/lag")).Json["lag"]!);
        Assert.Equal("", GroupClient.Texts((await broker.SendAsync(HttpMethod.Post, $"{Line}&key=none")).Json));

        Assert.Equal(0, (long)(await broker.GetAsync($"{Group}/lag")).Json["lag"]!);
    }

    [Fact]
    public async Task A_parked_fetch_answers_at_the_first_record_that_matches()
    {
        await using var broker = await StartAsync();
        await ProduceAsync(broker);

        var parked = broker.PostAsync($"{Group}/fetch?key=late", """{"member":"a","wait":30}""");
        await broker.ProduceAsync("t", ["""{"key":"other","text":"5"}"""]);
        await broker.ProduceAsync("t", ["""{"key":"late","text":"6"}"""]);

        var page = await parked;
        Assert.Equal("6", GroupClient.Texts(page.Json));
        Assert.EndsWith("~7", (string)page.Json["cursor"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_filtered_fetch_ends_where_it_has_looked_through_enough_though_it_would_wait()
    {
        await using var broker = await StartAsync(new Dictionary<string, string> { ["MaxFilteredScanBytes"] = "65536" });
        await broker.ProduceAsync("t", [$$"""{"text":"{{new string('.', 100_000)}}"}"""]);

        var page = await broker.PostAsync($"{Group}/fetch?key=none", """{"member":"a","wait":50}""");

        Assert.Equal("", GroupClient.Texts(page.Json));
        Assert.EndsWith("~1", (string)page.Json["cursor"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ids_of_a_members_stream_go_over_what_its_filter_leaves_out()
    {
        await using var broker = await StartAsync();
        await ProduceAsync(broker);

        await using var events = await EventsReader.OpenAsync(broker, $"{Group}/events?member=a&keyPrefix=ab");
        await events.NextAsync("lease");
        Assert.Equal("1", (await events.NextAsync("message")).Text);
        var end = await events.NextAsync("up-to-date");

        Assert.Contains("~5~@", end.Id, StringComparison.Ordinal);
        await ProduceAsync(broker);
        Assert.Equal("1", (await events.NextAsync("message")).Text);
        Assert.Contains("~7~@", events.LastEventId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shared_group_refuses_a_filter_since_nobody_would_get_what_it_leaves_out()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("t");
        await broker.PutAsync(Group, """{"topics":["t"],"mode":"shared"}""");

        var answers = new[]
        {
            await broker.PostAsync($"{Group}/fetch?key=a", """{"member":"a"}"""),
            await broker.SendAsync(HttpMethod.Post, $"{Line}&keyPrefix=a"),
            await broker.GetAsync($"{Group}/events?member=a&header.kind=x"),
        };

        Assert.All(answers, answer => Assert.Equal((400, "invalid-request"), (answer.Status, answer.Code)));
        Assert.All(answers, answer => Assert.Contains("is shared", (string)answer.Json["detail"]!, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("limit=1")]
    [InlineData("key=a&member=b")]
    [InlineData("headers.kind=x")]
    public async Task Beside_a_body_the_query_takes_the_filter_alone(string query)
    {
        await using var broker = await StartAsync();

        var refused = await broker.PostAsync($"{Group}/fetch?{query}", """{"member":"a"}""");

        Assert.Equal((400, "invalid-request"), (refused.Status, refused.Code));
    }

    private static Task ProduceAsync(TestBroker broker) => broker.ProduceAsync("t",
    [
        """{"key":"a","text":"0"}""",
        """{"key":"ab","text":"1","headers":[["kind","x"]]}""",
        """{"text":"2"}""",
        """{"key":"a","text":"3","headers":[["kind","y"]]}""",
        """{"key":"b","text":"4"}""",
    ]);

    private static async Task<TestBroker> StartAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var broker = TestBroker.Start(settings);
        await broker.CreateAsync("t");
        await broker.PutAsync(Group, """{"topics":["t"]}""");
        return broker;
    }
}
