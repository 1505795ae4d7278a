namespace RestBroker.Tests.Server;

public sealed class FetchRefusalTests
{
    [Theory]
    [InlineData("/v1/topics/nobody/records", 404, "unknown-topic-or-partition")]
    [InlineData("/v1/topics/orders/records?form=earliest", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?from=first", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?from=42", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?from=earliest&cursor=1~{0}~2.0", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?cursor=nonsense", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/records?cursor=1~end", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/records?cursor=1~{0}~2.0.0", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/records?cursor=1~{0}~.", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/records?cursor=1~{0}~2.0~k3f9a2q0~1", 400, "invalid-cursor")]
    [InlineData("/v1/topics/orders/records?cursor=1~k3f9a2q0~2.0", 409, "topic-recreated")]
    [InlineData("/v1/topics/orders/records?limit=many", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?limit=0", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?limit=10001", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?maxBytes=0", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?maxBytes=999999999", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?wait=51", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?wait=-1", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?wait=NaN", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/records?as=xml", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?partitions=", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?partitions=0,x", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/records?partitions=0,2", 422, "invalid-partitions")]
    [InlineData("/v1/topics/orders/records?follow=maybe", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/partitions/2/records", 404, "unknown-topic-or-partition")]
    [InlineData("/v1/topics/orders/partitions/0/records?offset=-1", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/partitions/0/records?from=earliest", 400, "invalid-request")]
    [InlineData("/v1/topics/orders/partitions/0/records/-1", 422, "invalid-range")]
    [InlineData("/v1/topics/orders/partitions/2/records/0", 404, "unknown-topic-or-partition")]
    [InlineData("/v1/topics/nobody/partitions/0/records/0/value", 404, "unknown-topic-or-partition")]
    public async Task What_cannot_be_read_is_refused(string path, int status, string code)
    {
        await using var broker = await StartAsync();
        var incarnation = (string)(await broker.GetAsync("/v1/topics/orders")).Json["incarnation"]!;

        var refused = await broker.GetAsync(path.Replace("{0}", incarnation, StringComparison.Ordinal));

        Assert.True((refused.Status, refused.Code) == (status, code), refused.Body);
        Assert.Equal("application/problem+json", refused.Header("Content-Type"));
    }

    [Fact]
    public async Task Before_the_start_it_is_410_with_the_earliest_offset()
    {
        await using var broker = await StartAsync();
        await broker.TrimAsync("orders", 0, 2);
        var cursor = (await broker.PageAsync("/v1/topics/orders/records?from=latest")).Cursor;

        foreach (var path in new[]
                 {
                     "/v1/topics/orders/partitions/0/records?offset=1", "/v1/topics/orders/partitions/0/records/1",
                     "/v1/topics/orders/partitions/0/records/1/value", $"/v1/topics/orders/records?cursor={cursor[..11]}1.0",
                 })
        {
            var refused = await broker.GetAsync(path);
            Assert.Equal((410, "offset-trimmed", 2), (refused.Status, refused.Code, (long)refused.Json["earliest"]!));
        }

        var clamped = await broker.PageAsync("/v1/topics/orders/partitions/0/records?offset=1&clamp=true");
        Assert.Equal(["0@2"], clamped.Places);
        Assert.Equal("""[{"topic":"orders","partition":0,"from":1,"to":2,"reason":"trimmed"}]""", clamped.Gaps!.ToJsonString());
    }

    [Fact]
    public async Task Beyond_the_end_it_is_416_with_the_next_offset_and_at_the_end_a_page()
    {
        await using var broker = await StartAsync();

        foreach (var path in new[]
                 {
                     "/v1/topics/orders/partitions/0/records?offset=4", "/v1/topics/orders/partitions/0/records/3",
                     "/v1/topics/orders/partitions/0/records/3/value",
                 })
        {
            var refused = await broker.GetAsync(path);
            Assert.Equal((416, "offset-out-of-range", 3), (refused.Status, refused.Code, (long)refused.Json["nextOffset"]!));
        }

        var end = await broker.PageAsync("/v1/topics/orders/partitions/0/records?offset=3");
        Assert.Empty(end.Records);
        Assert.True(end.UpToDate);
        Assert.EndsWith("~3.", (await broker.PageAsync("/v1/topics/orders/partitions/0/records?offset=99&clamp=true")).Cursor, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_of_too_many_partitions_is_told_what_to_do()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["MaxPartitionsPerRead"] = "2" });
        await broker.CreateAsync("wide", 3);

        foreach (var path in new[] { "/v1/topics/wide/records", "/v1/topics/wide/events", "/v1/topics/wide/records?follow=true" })
        {
            var refused = await broker.GetAsync(path);
            Assert.Equal((422, "invalid-range"), (refused.Status, refused.Code));
            Assert.Contains("partitions=0,1,2", (string)refused.Json["detail"]!, StringComparison.Ordinal);
        }

        Assert.True((await broker.PageAsync("/v1/topics/wide/records?partitions=0,2")).UpToDate);
    }

    [Theory]
    [InlineData("text/html", 406)]
    [InlineData("text/event-stream", 406)]
    [InlineData("application/json;q=0", 406)]
    [InlineData("application/json", 200)]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8", 200)]
    [InlineData("application/*", 200)]
    public async Task What_is_not_offered_is_not_acceptable(string accept, int status)
    {
        await using var broker = await StartAsync();

        var answer = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/records", headers: ("Accept", accept));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? "application/json" : "application/problem+json", answer.Header("Content-Type"));
    }

    private static async Task<TestBroker> StartAsync()
    {
        var broker = TestBroker.Start();
        await broker.CreateAsync("orders", 2);
        await broker.ProduceAsync("orders", 0, "a", "b", "c");
        return broker;
    }
}
