using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Consume;

/// <summary>The group's routes as this member calls them.</summary>
internal sealed class GroupCalls(PatientReader broker, BrokerClient client, ConsumeRequest request, TextWriter error)
{
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    private readonly string _path = $"v1/groups/{ResourceName.Escape(request.Group!)}";

    /// <summary>Makes the group if there is none; one that exists keeps its settings and must read the topic.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await broker.SendAsync(BrokerRequest.Get(_path), cancellationToken);
            Check(answer.Read(JsonContext.Default.GroupDescription));
        }
        catch (ApiException e) when (e.Problem.Status == 404)
        {
            var body = new CreateGroupRequest([request.Topic], request.From);
            var call = BrokerRequest.WithJson(HttpMethod.Put, _path, body, JsonContext.Default.CreateGroupRequest);
            (await broker.SendAsync(call, cancellationToken)).Dispose();
        }
    }

    public async Task<FetchPage> FetchAsync(LeaseIdentity? lease, int limit, int wait, CancellationToken cancellationToken)
    {
        var body = new GroupFetchRequest(request.Member, lease, limit, wait);
        var call = BrokerRequest.WithJson(HttpMethod.Post, $"{_path}/fetch", body, JsonContext.Default.GroupFetchRequest);
        return FetchPageReader.Read(await broker.SendAsync(call.WaitingFor(wait), cancellationToken));
    }

    /// <summary>Answers what the group has stored for the partitions of the lease.</summary>
    public async Task<IReadOnlyList<PartitionOffset>> CommitAsync(
        LeaseIdentity lease, string? cursor, IReadOnlyList<PartitionOffset>? offsets, CancellationToken cancellationToken)
    {
        var body = new CommitRequest(lease, cursor, offsets);
        var call = BrokerRequest.WithJson(HttpMethod.Post, $"{_path}/commit", body, JsonContext.Default.CommitRequest);
        using var answer = await broker.SendAsync(call, cancellationToken);
        return answer.Read(JsonContext.Default.CommitAnswer).Offsets;
    }

    /// <summary>A courtesy to the other members: without it they wait for the lease to end.</summary>
    public async Task LeaveAsync()
    {
        using var patience = new CancellationTokenSource(LeavePatience);
        try
        {
            var call = BrokerRequest.Delete($"{_path}/members/{ResourceName.Escape(request.Member)}");
            (await client.SendAsync(call, patience.Token)).Dispose();
        }
        catch (Exception e) when (e is ApiException or BrokerUnreachableException or OperationCanceledException)
        {
            // The lease ends by itself.
        }
    }

    public void Report(IReadOnlyList<Gap> gaps)
    {
        foreach (var gap in gaps) error.WriteLine($"restbroker: {gap}");
    }

    private void Check(GroupDescription group)
    {
        if (group.Mode == "shared") throw new CommandFailedException($"group {group.Group} is a shared group; consume reads partitioned ones.");
        if (!group.Topics.Contains(request.Topic))
            throw new CommandFailedException($"group {group.Group} reads {string.Join(", ", group.Topics)}, not {request.Topic}; use another group, or delete this one.");
    }
}
