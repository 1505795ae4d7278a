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

    public async Task<ResetAnswer> ResetAsync(string group, ResetRequest reset, CancellationToken cancellationToken)
    {
        var call = BrokerRequest.WithJson(HttpMethod.Put, $"{PathOf(group)}/offsets", reset, JsonContext.Default.ResetRequest);
        if (!reset.DryRun)
        {
            using var current = await client.SendAsync(BrokerRequest.Get(PathOf(group)), cancellationToken);
            call = call.WithHeader("If-Match", current.EntityTag ?? "*");
        }
        using var answer = await client.SendAsync(call, cancellationToken);
        return answer.Read(JsonContext.Default.ResetAnswer);
    }

    public async Task DeleteAsync(string group, CancellationToken cancellationToken) =>
        (await client.SendAsync(BrokerRequest.Delete(PathOf(group)), cancellationToken)).Dispose();

    private static string PathOf(string group) => $"v1/groups/{ResourceName.Escape(group)}";
}
