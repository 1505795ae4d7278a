using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

public sealed class FetchPageTests
{
    [Fact]
    public async Task A_record_is_shown_with_all_it_has()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders",
        [
            """{"key":"k","value":{"n":1},"headers":[["a","b"],["a",{"base64":"/w=="}],["c",null]],"timestamp":1700000000000}""",
            """{"keyBase64":"/w==","base64":"AAE=","timestamp":1700000000001}""",
            """{"key":"","value":null,"timestamp":1700000000002}""",
        ]);

        var page = await broker.PageAsync("/v1/topics/orders/records");

        string[] expected =
        [
            """{"topic":"orders","partition":0,"offset":0,"timestamp":1700000000000,"key":"k","headers":[["a","b"],["a",{"base64":"/w=="}],["c",null]],"value":{"n":1}}""",
            """{"topic":"orders","partition":0,"offset":1,"timestamp":1700000000001,"keyBase64":"/w==","headers":[],"base64":"AAE="}""",
            """{"topic":"orders","partition":0,"offset":2,"timestamp":1700000000002,"key":"","headers":[],"value":null}""",
        ];
        Assert.Equal(expected.Select(text => JsonNode.Parse(text)!.ToJsonString()), page.Records.Select(record => record.ToJsonString()));
        Assert.True(page.UpToDate);
        Assert.Null(page.Gaps);
    }

    [Fact]
    public async Task The_cursor_goes_on_where_the_page_ended()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 3);
        for (var i = 0; i < 30; i++) await broker.ProduceAsync("orders", i % 3, $"{i}");

        var seen = new List<string>();
        var page = await broker.PageAsync("/v1/topics/orders/records?limit=7");
        while (true)
        {
            seen.AddRange(page.Texts);
            if (page.UpToDate) break;
            Assert.Equal(7, page.Records.Count);
            page = await broker.PageAsync($"/v1/topics/orders/records?limit=7&cursor={page.Cursor}");
        }

        Assert.Equal(Enumerable.Range(0, 30), seen.Select(int.Parse).Order());
        Assert.All(Enumerable.Range(0, 3), p => Assert.Equal(seen.Select(int.Parse).Where(i => i % 3 == p).Order(), seen.Select(int.Parse).Where(i => i % 3 == p)));
        Assert.Empty((await broker.PageAsync($"/v1/topics/orders/records?cursor={page.Cursor}")).Records);
    }

    [Fact]
    public async Task No_partition_waits_for_ever_behind_a_full_one()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 4);
        await broker.ProduceAsync("orders", 0, [.. Enumerable.Range(0, 2000).Select(i => $"{i}")]);
        for (var p = 1; p < 4; p++) await broker.ProduceAsync("orders", p, "alone");

        var alone = 0;
        var page = await broker.PageAsync("/v1/topics/orders/records?limit=4");
        for (var i = 0; i < 50 && alone < 3; i++)
        {
            alone += page.Texts.Count(text => text == "alone");
            page = await broker.PageAsync($"/v1/topics/orders/records?limit=4&cursor={page.Cursor}");
        }

        Assert.Equal(3, alone);
    }

    [Theory]
    [InlineData("earliest", "0,1,2,3,4")]
    [InlineData("latest", "")]
    [InlineData("-2", "3,4")]
    [InlineData("-100", "0,1,2,3,4")]
    [InlineData("1700000000003", "3,4")]
    [InlineData("2023-11-14T22:13:20.002Z", "2,3,4")]
    [InlineData("2023-11-15T07:13:20.002+09:00", "2,3,4")]
    [InlineData("2100-01-01T00:00:00Z", "")]
    public async Task A_page_begins_where_it_is_asked_to(string from, string expected)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        for (var i = 0; i < 5; i++) await broker.ProduceAsync("orders", [$$"""{"text":"{{i}}","timestamp":{{1700000000000 + i}}}"""]);

        // A '+' that is not escaped arrives as a space.
        Assert.Equal(expected, string.Join(',', (await broker.PageAsync($"/v1/topics/orders/records?from={from}")).Texts));
    }

    [Fact]
    public async Task Only_the_partitions_named_are_read_and_a_cursor_remembers_them()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 3);
        for (var p = 0; p < 3; p++) await broker.ProduceAsync("orders", p, "a", "b");

        var page = await broker.PageAsync("/v1/topics/orders/records?partitions=0,2&limit=2");
        var rest = await broker.PageAsync($"/v1/topics/orders/records?cursor={page.Cursor}");
        Assert.Equal(["0@0", "0@1", "2@0", "2@1"], page.Places.Concat(rest.Places).Order());
        Assert.Matches("^1~[0-9a-z]{8}~2\\.\\.2$", rest.Cursor);

        Assert.Equal(["2@0", "2@1"], (await broker.PageAsync($"/v1/topics/orders/records?cursor=1~{rest.Cursor[2..10]}~0..0&partitions=2")).Places);
        var wider = await broker.GetAsync($"/v1/topics/orders/records?cursor={page.Cursor}&partitions=0,1");
        Assert.Equal((400, "invalid-cursor"), (wider.Status, wider.Code));
    }

    [Fact]
    public async Task At_least_one_record_comes_whatever_maxBytes_says()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, new string('a', 1000), new string('b', 10), new string('c', 10), new string('d', 10));

        var first = await broker.PageAsync("/v1/topics/orders/records?maxBytes=1");
        Assert.Single(first.Records);
        Assert.False(first.UpToDate);

        var second = await broker.PageAsync($"/v1/topics/orders/records?maxBytes=25&cursor={first.Cursor}");
        Assert.Equal(["0@1", "0@2"], second.Places);
        Assert.Equal(["0@3"], (await broker.PageAsync($"/v1/topics/orders/records?maxBytes=25&cursor={second.Cursor}")).Places);
    }

    [Fact]
    public async Task A_long_poll_answers_at_the_first_record()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 2);

        var poll = broker.PageAsync("/v1/topics/orders/records?wait=50");
        await broker.ProduceAsync("orders", 1, "now");

        Assert.Equal(["1@0"], (await poll).Places);
        Assert.Empty((await broker.PageAsync("/v1/topics/orders/records?from=latest&wait=0.05")).Records);
    }

    [Fact]
    public async Task A_long_poll_ends_when_the_broker_stops()
    {
        var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        using var client = new HttpClient { BaseAddress = broker.Address };
        await client.GetStringAsync("/v1/topics"); // so that the poll goes out on a connection that is there

        var poll = client.GetStringAsync("/v1/topics/orders/records?wait=50");
        await using (var probe = await EventsReader.OpenAsync(broker, "/v1/topics/orders/events")) await probe.NextAsync();
        await broker.DisposeAsync();

        Assert.Empty(new Page(JsonNode.Parse(await poll)!).Records);
    }

    [Theory]
    [InlineData("text", """["{\"n\": 1}","x",null]""", "text")]
    [InlineData("base64", """["eyJuIjogMX0=","eA==","/w=="]""", "base64")]
    public async Task The_member_of_values_can_be_forced(string member, string expected, string name)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", ["""{"value":{"n": 1}}""", """{"text":"x"}""", """{"base64":"/w=="}""", """{"key":"k","value":null}"""]);

        var page = await broker.PageAsync($"/v1/topics/orders/records?as={member}");

        // What is not UTF-8 cannot be text; a tombstone has no bytes at all.
        Assert.Equal(expected, new JsonArray([.. page.Records.Take(3).Select(record => record[name]?.DeepClone())]).ToJsonString(Relaxed));
        Assert.Equal("/w==", (string)page.Records[2]["base64"]!);
        Assert.True(page.Records[3].AsObject().ContainsKey("value"));
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
