using System.Text;

namespace RestBroker.Tests.Server;

public sealed class FetchRecordTests
{
    [Fact]
    public async Task A_page_of_a_partition_has_an_ETag_and_is_not_sent_twice()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", 0, "a", "b", "c");
        var incarnation = (await broker.GetAsync("/v1/topics/orders")).Json["incarnation"];
        const string path = "/v1/topics/orders/partitions/0/records?offset=1";

        var page = await broker.GetAsync(path);
        Assert.Equal($"\"{incarnation}-1-2-2\"", page.ETag);
        Assert.Equal("private, no-cache", Raw(page, "Cache-Control"));

        var head = await broker.SendAsync(HttpMethod.Head, path);
        Assert.Equal((200, "", page.ETag, $"{page.Body.Length}"), (head.Status, head.Body, head.ETag, head.Header("Content-Length")));

        var again = await broker.SendAsync(HttpMethod.Get, path, headers: ("If-None-Match", page.ETag!));
        Assert.Equal((304, "", page.ETag), (again.Status, again.Body, again.ETag));

        await broker.ProduceAsync("orders", 0, "d");
        var more = await broker.SendAsync(HttpMethod.Get, path, headers: ("If-None-Match", page.ETag!));
        Assert.Equal((200, $"\"{incarnation}-1-3-3\""), (more.Status, more.ETag));
        Assert.Equal($"\"{incarnation}-4-3-0\"", (await broker.GetAsync("/v1/topics/orders/partitions/0/records?offset=4")).ETag);
    }

    [Fact]
    public async Task One_record_can_be_read_as_JSON()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", ["""{"text":"a","timestamp":1}""", """{"key":"k","value":{"n":1},"timestamp":1700000000000}"""]);

        var record = await broker.GetAsync("/v1/topics/orders/partitions/0/records/1");
        Assert.Equal("""{"topic":"orders","partition":0,"offset":1,"timestamp":1700000000000,"key":"k","headers":[],"value":{"n":1}}""", record.Body);
        Assert.Equal("eyJuIjoxfQ==", (string)(await broker.GetAsync("/v1/topics/orders/partitions/0/records/1?as=base64")).Json["base64"]!);

        var again = await broker.SendAsync(HttpMethod.Get, "/v1/topics/orders/partitions/0/records/1", headers: ("If-None-Match", record.ETag!));
        Assert.Equal(304, again.Status);
        Assert.Equal((200, ""), ((await broker.SendAsync(HttpMethod.Head, "/v1/topics/orders/partitions/0/records/1")) is var head ? head.Status : 0, head.Body));
    }

    [Theory]
    [InlineData("text/html; charset=utf-8", "<script>alert(1)</script>", "text/html; charset=utf-8")]
    [InlineData("image/png", "\u0089PNG", "image/png")]
    [InlineData("application/json", "{\"a\": \n1}", "application/json")]
    [InlineData(null, "plain", "application/octet-stream")]
    public async Task A_value_comes_with_the_type_it_was_stored_with_and_never_runs(string? type, string value, string expected)
    {
        await using var broker = TestBroker.Start();
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes(value));
        if (type is not null) body.Headers.TryAddWithoutValidation("Content-Type", type);
        using var stored = await broker.Client.PostAsync(new Uri("/v1/topics/files/raw", UriKind.Relative), body);
        Assert.Equal(201, (int)stored.StatusCode);

        using var response = await broker.Client.GetAsync(new Uri($"{stored.Headers.Location}/value", UriKind.RelativeOrAbsolute));

        Assert.Equal(value, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync()));
        if (type is not null) Assert.Equal(expected, response.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal("nosniff", response.Headers.NonValidated["X-Content-Type-Options"].ToString());
        Assert.Equal("sandbox; default-src 'none'", response.Headers.NonValidated["Content-Security-Policy"].ToString());
        Assert.Equal("attachment", response.Content.Headers.NonValidated["Content-Disposition"].ToString());
    }

    [Fact]
    public async Task A_content_type_that_is_none_does_not_get_into_the_answer()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("files");
        await broker.ProduceAsync("files", ["""{"text":"x","headers":[["content-type","text/html\r\nSet-Cookie: a=b"]]}"""]);

        var value = await broker.GetAsync("/v1/topics/files/partitions/0/records/0/value");

        Assert.Equal((200, "x", "application/octet-stream"), (value.Status, value.Body, value.Header("Content-Type")));
        Assert.Null(value.Header("Set-Cookie"));
    }

    [Fact]
    public async Task A_tombstone_has_no_value()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("orders");
        await broker.ProduceAsync("orders", ["""{"key":"k","value":null}""", """{"key":"k","text":""}"""]);

        var refused = await broker.GetAsync("/v1/topics/orders/partitions/0/records/0/value");

        Assert.Equal((404, "not-found"), (refused.Status, refused.Code));
        Assert.Contains("tombstone", (string)refused.Json["detail"]!, StringComparison.Ordinal);
        Assert.Equal((200, ""), ((await broker.GetAsync("/v1/topics/orders/partitions/0/records/1/value")) is var empty ? empty.Status : 0, empty.Body));
    }

    private static string Raw(Answer answer, string name) => answer.Message.Headers.NonValidated[name].ToString();
}
