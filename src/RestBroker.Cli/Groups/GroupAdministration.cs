using System.Globalization;
using System.Runtime.CompilerServices;
using RestBroker.Cli.Client;

namespace RestBroker.Cli.Groups;

/// <summary>The group routes for those who look after groups; members use others.</summary>
internal sealed class GroupAdministration(BrokerClient client)
{
    private const int PageSize = 1_000;

    public async IAsyncEnumerable<string> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (string? after = null; ;)
        {
            var query = new QueryString().Add("limit", $"{PageSize}").Add("after", after);
            var page = await client.GetAsync($"v1/groups{query}", JsonContext.Default.GroupPage, cancellationToken);
            foreach (var group in page.Items) yield return group.Group;
            if (page.Next is null) yield break;
            after = page.Next;
        }
    }

    public Task<GroupLag> DescribeAsync(string group, CancellationToken cancellationToken) =>
        client.GetAsync($"{PathOf(group)}/lag", JsonContext.Default.GroupLag, cancellationToken);

    public Task<GroupDescription> GetAsync(string group, CancellationToken cancellationToken) =>
        client.GetAsync(PathOf(group), JsonContext.Default.GroupDescription, cancellationToken);

    public async Task CreateAsync(string group, CreateGroupRequest wanted, CancellationToken cancellationToken)
    {
        var call = BrokerRequest.WithJson(HttpMethod.Put, PathOf(group), wanted, JsonContext.Default.CreateGroupRequest);
        (await client.SendAsync(call, cancellationToken)).Dispose();
    }

    public async Task<IReadOnlyList<AckResult>> AckAsync(string group, IReadOnlyList<Ack> acks, CancellationToken cancellationToken)
    {
        var call = BrokerRequest.WithJson(HttpMethod.Post, $"{PathOf(group)}/ack", new AckRequest(acks), JsonContext.Default.AckRequest);
        using var answer = await client.SendAsync(call, cancellationToken);
        return answer.Read(JsonContext.Default.AckAnswer).Results;
    }

    public async Task<ResetAnswer> ResetAsync(string group, ResetPlan plan, CancellationToken cancellationToken)
    {
        var reset = plan.Topic is null
            ? new ResetRequest(plan.To, null, plan.DryRun, plan.Force)
            : new ResetRequest(null, await FindOffsetsAsync(plan.Topic, plan.To, cancellationToken), plan.DryRun, plan.Force);
        var call = BrokerRequest.WithJson(HttpMethod.Put, $"{PathOf(group)}/offsets", reset, JsonContext.Default.ResetRequest);
        if (!plan.DryRun)
        {
            using var current = await client.SendAsync(BrokerRequest.Get(PathOf(group)), cancellationToken);
            call = call.WithHeader("If-Match", current.EntityTag ?? "*");
        }
        using var answer = await client.SendAsync(call, cancellationToken);
        return answer.Read(JsonContext.Default.ResetAnswer);
    }

    public async Task DeleteAsync(string group, CancellationToken cancellationToken) =>
        (await client.SendAsync(BrokerRequest.Delete(PathOf(group)), cancellationToken)).Dispose();

    // A reset by place moves every topic of the group; for one of them its offsets are looked up and named.
    private async Task<IReadOnlyList<PartitionOffset>> FindOffsetsAsync(string topic, string to, CancellationToken cancellationToken)
    {
        if (!long.TryParse(to, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) || number >= 0)
            return [.. (await ListOffsetsAsync(topic, to, cancellationToken)).Select(item => new PartitionOffset(topic, item.Partition, item.Offset))];

        var earliest = await ListOffsetsAsync(topic, "earliest", cancellationToken);
        var latest = await ListOffsetsAsync(topic, "latest", cancellationToken);
        return [.. latest.Zip(earliest, (end, start) => new PartitionOffset(topic, end.Partition, Math.Max(start.Offset, end.Offset + number)))];
    }

    private async Task<IReadOnlyList<ListedOffset>> ListOffsetsAsync(string topic, string at, CancellationToken cancellationToken)
    {
        var query = new QueryString().Add("at", at);
        return (await client.GetAsync($"v1/topics/{ResourceName.Escape(topic)}/offsets{query}", JsonContext.Default.OffsetList, cancellationToken)).Items;
    }

    private static string PathOf(string group) => $"v1/groups/{ResourceName.Escape(group)}";
}

/// <summary>What <c>reset-offsets</c> was asked for.</summary>
/// <remarks>No topic: all of the group. The broker reads what <c>To</c> says: earliest, latest, -n or a time.</remarks>
internal sealed record ResetPlan(string To, string? Topic, bool DryRun, bool Force);
