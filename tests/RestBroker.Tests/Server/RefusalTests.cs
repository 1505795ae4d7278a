using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace RestBroker.Tests.Server;

/// <summary>Whatever is refused is refused as RFC 9457 says, on every route.</summary>
public sealed class RefusalTests
{
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];

    [Fact]
    public async Task Every_route_refuses_the_methods_it_does_not_have_with_405_and_Allow()
    {
        await using var broker = TestBroker.Start();

        foreach (var (path, allowed) in Routes(broker))
        {
            foreach (var method in Methods.Except(allowed))
            {
                var refused = await broker.SendAsync(new HttpMethod(method), path);
                Assert.True(refused.Status == 405, $"{method} {path} -> {refused.Status} {refused.Body}");
                Assert.Equal("method-not-allowed", refused.Code);
                Assert.NotNull(refused.Header("Allow"));
            }
        }
    }

    [Fact]
    public async Task Every_route_refuses_a_trailing_slash_with_404()
    {
        await using var broker = TestBroker.Start();

        foreach (var (path, allowed) in Routes(broker))
        {
            var refused = await broker.SendAsync(new HttpMethod(allowed[0]), $"{path}/");
            Assert.True(refused.Status == 404, $"{allowed[0]} {path}/ -> {refused.Status}");
            Assert.Equal("not-found", refused.Code);
        }
    }

    [Fact]
    public async Task Every_route_that_takes_a_body_refuses_another_media_type_with_415()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/x");

        foreach (var (path, allowed) in Routes(broker))
        {
            if (path.EndsWith("/raw", StringComparison.Ordinal) || path.EndsWith("/value", StringComparison.Ordinal)) continue; // takes every type
            if (path.StartsWith("/v1/producers", StringComparison.Ordinal)) continue; // takes no body
            foreach (var method in allowed.Intersect(["POST", "PUT", "PATCH"]))
            {
                var refused = await broker.SendAsync(new HttpMethod(method), path, "a=b", "application/x-www-form-urlencoded");
                Assert.True(refused.Status == 415, $"{method} {path} -> {refused.Status} {refused.Body}");
                Assert.Equal("unsupported-media-type", refused.Code);
            }
        }
    }

    [Fact]
    public async Task Every_route_refuses_a_query_parameter_it_does_not_have()
    {
        await using var broker = TestBroker.Start();
        await broker.PutAsync("/v1/topics/x");

        foreach (var (path, allowed) in Routes(broker).Where(route => route.Methods.Contains("GET")))
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            var refused = await broker.GetAsync($"{path}{separator}nonsense=1");
            Assert.True(refused.Status is 400, $"GET {path} -> {refused.Status} {refused.Body}");
        }
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/v2/topics")]
    [InlineData("/v1/topics/x/y")]
    [InlineData("/v1/topics/../../etc/passwd")]
    [InlineData("/v1/topics/x/partitions/one")]
    [InlineData("/v1/topics/x/partitions/-1")]
    public async Task What_is_not_there_is_404(string path)
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.GetAsync(path);

        Assert.Equal(404, refused.Status);
        Assert.Equal("application/problem+json", refused.Header("Content-Type"));
    }

    [Fact]
    public async Task A_problem_has_every_member_of_the_contract()
    {
        await using var broker = TestBroker.Start();

        var refused = await broker.GetAsync("/v1/topics/none");

        Assert.Equal("application/problem+json", refused.Header("Content-Type"));
        Assert.Equal("/v1/problems/unknown-topic-or-partition", (string)refused.Json["type"]!);
        Assert.Equal("No such topic or partition", (string)refused.Json["title"]!);
        Assert.Equal(404, (int)refused.Json["status"]!);
        Assert.Contains("none", (string)refused.Json["detail"]!, StringComparison.Ordinal);
        Assert.False((bool)refused.Json["retriable"]!);
        Assert.Equal("none", (string)refused.Json["sideEffects"]!);
        Assert.Equal(refused.Header("RB-Request-Id"), (string)refused.Json["requestId"]!);
        Assert.Equal("no-store", refused.Header("Cache-Control"));
    }

    [Fact]
    public async Task The_type_of_a_problem_leads_to_its_entry_in_the_table()
    {
        await using var broker = TestBroker.Start();

        var table = await broker.GetAsync("/v1/problems");
        foreach (var row in table.Json["items"]!.AsArray())
        {
            var entry = await broker.GetAsync($"/v1/problems/{row!["code"]}");
            Assert.Equal((200, (string)row["code"]!), (entry.Status, entry.Code));
        }
    }

    [Theory]
    [InlineData("POST", "http://evil.example", 403)]
    [InlineData("POST", "null", 403)]
    [InlineData("POST", "http://listed.example", 200)]
    [InlineData("GET", "http://evil.example", 200)]
    public async Task A_page_of_another_origin_changes_nothing_unless_it_is_listed(string method, string origin, int status)
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["CorsOrigins:0"] = "http://listed.example" });
        await broker.PutAsync("/v1/topics/orders");

        var answer = method == "GET"
            ? await broker.SendAsync(HttpMethod.Get, "/v1/topics", headers: ("Origin", origin))
            : await broker.SendAsync(HttpMethod.Post, "/v1/topics/orders/records", """{"records":[{"value":1}]}""", headers: ("Origin", origin));

        Assert.Equal(status, answer.Status);
        if (status == 403) Assert.Equal("origin-not-allowed", answer.Code);
        var stored = (long)(await broker.GetAsync("/v1/topics/orders/partitions/0")).Json["nextOffset"]!;
        Assert.Equal(method == "POST" && status == 200 ? 1 : 0, stored);
        Assert.Equal(origin == "http://listed.example" ? origin : null, answer.Header("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Origins_may_be_listed_in_one_text()
    {
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["CorsOrigins"] = "http://one.example, http://two.example" });

        var answer = await broker.SendAsync(HttpMethod.Put, "/v1/topics/orders", headers: ("Origin", "http://two.example"));

        Assert.Equal(201, answer.Status);
    }

    [Fact]
    public async Task A_page_of_the_broker_itself_may_write()
    {
        await using var broker = TestBroker.Start();

        var answer = await broker.SendAsync(
            HttpMethod.Post, "/v1/topics/orders/records", """{"records":[{"value":1}]}""",
            headers: ("Origin", broker.Address.GetLeftPart(UriPartial.Authority)));

        Assert.Equal(200, answer.Status);
    }

    [Theory]
    [InlineData("evil.example", 400)]
    [InlineData("localhost", 200)]
    [InlineData("127.0.0.1:1234", 200)]
    public async Task A_name_that_is_not_the_brokers_is_not_answered(string host, int status)
    {
        await using var broker = TestBroker.Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/topics") { Headers = { Host = host } };

        Assert.Equal(status, (int)(await broker.Client.SendAsync(request)).StatusCode);
    }

    private static List<(string Path, string[] Methods)> Routes(TestBroker broker) =>
    [
        .. broker.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/v1", StringComparison.Ordinal))
            .GroupBy(endpoint => Path(endpoint.RoutePattern))
            .Select(route => (route.Key, route.SelectMany(e => e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods).ToArray())),
    ];

    private static string Path(Microsoft.AspNetCore.Routing.Patterns.RoutePattern pattern) =>
        string.Concat(pattern.PathSegments.Select(segment => $"/{string.Concat(segment.Parts.Select(Part))}"));

    private static string Part(Microsoft.AspNetCore.Routing.Patterns.RoutePatternPart part) => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart { Name: "partition" or "offset" or "producerId" } => "0",
        _ => "x",
    };
}
