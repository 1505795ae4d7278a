using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

public sealed class OpenApiTests
{
    private static readonly string[] Order = ["put", "post", "get", "head", "patch", "delete"];

    [Fact]
    public async Task The_document_is_OpenAPI_3_1_and_names_every_operation_once()
    {
        await using var broker = TestBroker.Start();

        var document = (await broker.GetAsync("/openapi/v1.json")).Json;

        Assert.StartsWith("3.1", (string)document["openapi"]!, StringComparison.Ordinal);
        var names = Operations(document).Select(operation => (string)operation.Operation["operationId"]!).ToList();
        Assert.Equal(names.Distinct(), names);
        Assert.All(Operations(document), operation => Assert.False(string.IsNullOrEmpty((string?)operation.Operation["summary"]), $"{operation.Method} {operation.Path}"));
    }

    [Fact]
    public async Task Swagger_UI_shows_it()
    {
        await using var broker = TestBroker.Start();

        var page = await broker.GetAsync("/swagger/index.html");

        Assert.Equal(200, page.Status);
        Assert.Contains("swagger-ui", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_example_runs_as_it_stands()
    {
        await using var broker = TestBroker.Start();
        var document = (await broker.GetAsync("/openapi/v1.json")).Json;

        JsonNode? fetched = null;
        // Creations first, deletions last: what is between needs what was created.
        foreach (var (path, method, operation) in Operations(document).OrderBy(entry => Array.IndexOf(Order, entry.Method)).ThenByDescending(entry => entry.Method == "delete" ? entry.Path.Length : 0))
        {
            var (target, headers) = Fill(path, operation);
            var content = operation["requestBody"]?["content"]?.AsObject().First();
            var example = content?.Value!["example"];
            var body = example is JsonValue text && text.TryGetValue<string>(out var raw) ? raw : example?.ToJsonString();
            if ((string)operation["operationId"]! == "commitGroup") body = $$"""{"lease":{"id":"{{fetched!["lease"]!["id"]}}","epoch":{{fetched["lease"]!["epoch"]}}},"cursor":"{{fetched["cursor"]}}"}""";
            if ((string)operation["operationId"]! == "ackGroup") body = $$"""{"acks":[{"receipt":"{{await ReceiptAsync(broker)}}","outcome":"accept"}]}""";
            // What the fetch gave is committed; the stream is to end.
            if ((string)operation["operationId"]! == "tailGroup") await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"key":"a","text":"1"},{"key":"b","text":"2"},{"key":"c","text":"3"}]}""");
            var type = content is null ? "application/json" : content.Value.Key == "*/*" ? "text/plain" : content.Value.Key;

            var answer = await broker.SendAsync(new HttpMethod(method.ToUpperInvariant()), target, body, type, headers);

            Assert.True(answer.Status is >= 200 and < 300, $"{method} {target} {body} -> {answer.Status} {answer.Body}");
            // A commit is of the fetch before it; no example can know that lease.
            if ((string)operation["operationId"]! == "fetchGroup") fetched = answer.Json;
        }
    }

    // An acknowledgement is of a record that was fetched in a shared group; no example can know its receipt.
    private static async Task<string> ReceiptAsync(TestBroker broker)
    {
        Assert.Equal(201, (await broker.PutAsync("/v1/groups/packers", """{"mode":"shared","topics":["orders"]}""")).Status);
        await broker.PostAsync("/v1/topics/orders/records", """{"records":[{"key":"a","text":"one"}]}""");
        return (string)(await broker.PostAsync("/v1/groups/packers/fetch", """{"member":"worker-1"}""")).Json["records"]![0]!["receipt"]!;
    }

    private static (string Target, (string Name, string Value)[] Headers) Fill(string path, JsonNode operation)
    {
        var query = new List<string>();
        var headers = new List<(string, string)>();
        foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
        {
            var name = (string)parameter!["name"]!;
            if (parameter["example"] is not { } example) continue;
            switch ((string)parameter["in"]!)
            {
                case "path": path = path.Replace($"{{{name}}}", example.ToString(), StringComparison.Ordinal); break;
                case "query": query.Add($"{name}={Uri.EscapeDataString(example is JsonArray { Count: > 0 } many ? many[0]!.ToString() : example.ToString())}"); break;
                default: headers.Add((name, example.ToString())); break;
            }
        }

        return (query.Count == 0 ? path : $"{path}?{string.Join('&', query)}", [.. headers]);
    }

    private static IEnumerable<(string Path, string Method, JsonNode Operation)> Operations(JsonNode document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(operation => (path.Key, operation.Key, operation.Value!)));
}
