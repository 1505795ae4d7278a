using System.Text.Json.Nodes;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups;

/// <summary>A member as a client writes one: fetch, work, commit; it keeps the lease and the cursor of the last answer.</summary>
internal sealed class GroupClient(TestBroker broker, string group, string member)
{
    /// <summary>As <c>{"id":…,"epoch":…}</c>; null = none.</summary>
    public string? Lease { get; set; }

    public string? Cursor { get; private set; }

    public string Member => member;

    public IReadOnlyList<int> Partitions { get; private set; } = [];

    public async Task<Answer> FetchAsync(int limit = 100, double wait = 0)
    {
        var lease = Lease is null ? "" : $"\"lease\":{Lease},";
        var answer = await broker.PostAsync(
            $"/v1/groups/{group}/fetch", $$"""{"member":"{{member}}",{{lease}}"limit":{{limit}},"wait":{{wait}}}""");
        if (answer.Status != 200) return answer;
        var granted = answer.Json["lease"]!;
        Lease = $$"""{"id":"{{granted["id"]}}","epoch":{{granted["epoch"]}}}""";
        Cursor = (string)answer.Json["cursor"]!;
        Partitions = [.. granted["partitions"]!.AsArray().SelectMany(topic => topic!["partitions"]!.AsArray()).Select(partition => (int)partition!)];
        return answer;
    }

    public Task<Answer> CommitAsync(string? cursor = null) =>
        broker.PostAsync($"/v1/groups/{group}/commit", $$"""{"lease":{{Lease}},"cursor":"{{cursor ?? Cursor}}"}""");

    public static IEnumerable<(int Partition, long Offset)> Records(Answer answer) =>
        answer.Json["records"]!.AsArray().Select(record => ((int)record!["partition"]!, (long)record["offset"]!));

    public static string Texts(JsonNode answer) => string.Join(",", answer["records"]!.AsArray().Select(record => (string)record!["text"]!));
}
