using System.Text.Json;
using System.Text.Json.Nodes;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups.Shared;

/// <summary>A member of a shared group as a client writes one.</summary>
internal sealed class SharedMember(TestBroker broker, string member = "a", string group = "g")
{
    public async Task<IReadOnlyList<Delivery>> FetchAsync(int limit = 100, double wait = 0)
    {
        var answer = await broker.PostAsync($"/v1/groups/{group}/fetch", $$"""{"member":"{{member}}","limit":{{limit}},"wait":{{wait}}}""");
        Assert.True(answer.Status == 200, answer.Body);
        return Deliveries(answer.Json);
    }

    public Task<Answer> AckAsync(string outcome, IEnumerable<Delivery> deliveries, double? delaySeconds = null) =>
        broker.PostAsync($"/v1/groups/{group}/ack", JsonSerializer.Serialize(new
        {
            acks = deliveries.Select(delivery => delaySeconds is null
                ? (object)new { receipt = delivery.Receipt, outcome }
                : new { receipt = delivery.Receipt, outcome, delaySeconds }),
        }));

    public static IReadOnlyList<Delivery> Deliveries(JsonNode page) =>
        [.. page["records"]!.AsArray().Select(record => new Delivery(record!))];
}

/// <summary>A record that a member was given.</summary>
internal sealed record Delivery(JsonNode Json)
{
    public string? Receipt => (string?)Json["receipt"];

    public int Count => (int)Json["deliveryCount"]!;

    public int Partition => (int)Json["partition"]!;

    public long Offset => (long)Json["offset"]!;

    public string Text => (string)Json["text"]!;

    public string? Header(string name) => Json["headers"]!.AsArray().Where(header => (string)header![0]! == name).Select(header => (string?)header![1]).LastOrDefault();
}
