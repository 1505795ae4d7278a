namespace RestBroker.Tests.Server;

public sealed class FetchFilterTests
{
    [Theory]
    [InlineData("key=user-1", "0,6")]
    [InlineData("key=", "4")]
    [InlineData("key=nobody", "")]
    [InlineData("keyPrefix=user-", "0,1,6")]
    [InlineData("keyPrefix=", "0,1,2,4,6")]
    [InlineData("header.type=a", "0,2,5")]
    [InlineData("header.type=b", "1,5")]
    [InlineData("header.type=a&header.type=b", "5")]
    [InlineData("header.Type=a", "")]
    [InlineData("header.type=a&keyPrefix=user-", "0")]
    [InlineData("header.x%26y=%C3%A9+1", "3")]
    [InlineData("header.rb-format=text", "")]
    public async Task Only_what_matches_comes_and_the_cursor_passes_the_rest(string filter, string expected)
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders",
        [
            """{"key":"user-1","text":"0","headers":[["type","a"]]}""",
            """{"key":"user-2","text":"1","headers":[["type","b"]]}""",
            """{"key":"other","text":"2","headers":[["type","a"],["type",null]]}""",
            """{"text":"3","headers":[["x&y","é 1"]]}""",
            """{"key":"","text":"4"}""",
            """{"text":"5","headers":[["type","a"],["type","b"]]}""",
            """{"key":"user-1","text":"6"}""",
        ]);

        var page = await broker.PageAsync($"/v1/topics/orders/records?{filter}");

        Assert.Equal(expected, string.Join(',', page.Texts));
        Assert.EndsWith("~7", page.Cursor, StringComparison.Ordinal);
        Assert.True(page.UpToDate);
    }

    [Fact]
    public async Task A_long_poll_with_a_filter_waits_for_a_match()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");

        var poll = broker.PageAsync("/v1/topics/orders/records?key=b&wait=50");
        for (var i = 0; i < 20; i++) await broker.ProduceAsync("orders", ["""{"key":"a","text":"no"}"""]);
        Assert.False(poll.IsCompleted);
        await broker.ProduceAsync("orders", ["""{"key":"b","text":"yes"}"""]);

        Assert.Equal(["yes"], (await poll).Texts);
    }

    [Fact]
    public async Task A_filtered_page_ends_after_so_many_bytes_and_its_cursor_goes_on()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxFilteredScanBytes"] = "200000" });
        await broker.CreateAsync("orders");
        var filler = new string('x', 100_000);
        for (var i = 0; i < 30; i++) await broker.ProduceAsync("orders", 0, filler);
        await broker.ProduceAsync("orders", ["""{"key":"b","text":"found"}"""]);

        var page = await broker.PageAsync("/v1/topics/orders/records?key=b&wait=50");
        Assert.Empty(page.Records);
        Assert.False(page.UpToDate);

        var pages = 1;
        for (; page.Records.Count == 0; pages++)
        {
            var next = await broker.PageAsync($"/v1/topics/orders/records?key=b&wait=50&cursor={page.Cursor}");
            Assert.NotEqual(page.Cursor, next.Cursor);
            page = next;
        }

        Assert.Equal(["found"], page.Texts);
        Assert.InRange(pages, 2, 31);
    }
}
