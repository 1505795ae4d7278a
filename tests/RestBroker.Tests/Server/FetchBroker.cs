using System.Text.Json;
using System.Text.Json.Nodes;

namespace RestBroker.Tests.Server;

/// <summary>What tests of reading do to a broker, in a line each.</summary>
internal static class FetchBroker
{
    public static async Task CreateAsync(this TestBroker broker, string topic, int partitions = 1, string configs = "{}") =>
        Assert.Equal(201, (await broker.PutAsync($"/v1/topics/{topic}", $$"""{"partitionCount":{{partitions}},"configs":{{configs}}}""")).Status);

    /// <summary>Stores each text as a record of a partition.</summary>
    public static Task ProduceAsync(this TestBroker broker, string topic, int partition, params string[] texts) =>
        broker.ProduceAsync(topic, texts.Select(text => $$"""{"partition":{{partition}},"text":{{JsonSerializer.Serialize(text)}}}"""));

    /// <summary>Stores records given as JSON.</summary>
    public static async Task ProduceAsync(this TestBroker broker, string topic, IEnumerable<string> records)
    {
        var stored = await broker.PostAsync($"/v1/topics/{topic}/records", $$"""{"records":[{{string.Join(',', records)}}]}""");
        Assert.True(stored.Status == 200, stored.Body);
    }

    public static async Task TrimAsync(this TestBroker broker, string topic, int partition, long before) =>
        Assert.Equal(200, (await broker.SendAsync(HttpMethod.Delete, $"/v1/topics/{topic}/partitions/{partition}/records?before={before}")).Status);

    public static async Task DeleteAsync(this TestBroker broker, string topic) =>
        Assert.Equal(204, (await broker.SendAsync(HttpMethod.Delete, $"/v1/topics/{topic}")).Status);

    /// <summary>A page; the request must succeed.</summary>
    public static async Task<Page> PageAsync(this TestBroker broker, string path)
    {
        var answer = await broker.GetAsync(path);
        Assert.True(answer.Status == 200, answer.Body);
        return new Page(answer.Json);
    }
}

/// <summary>A page of records.</summary>
internal sealed record Page(JsonNode Json)
{
    public string Cursor => (string)Json["cursor"]!;

    public bool UpToDate => (bool)Json["upToDate"]!;

    public IReadOnlyList<JsonNode> Records => [.. Json["records"]!.AsArray().Select(record => record!)];

    public IEnumerable<string> Texts => Records.Select(record => (string)record["text"]!);

    public IEnumerable<string> Places => Records.Select(record => $"{record["partition"]}@{record["offset"]}");

    public JsonArray? Gaps => Json["gaps"]?.AsArray();
}
