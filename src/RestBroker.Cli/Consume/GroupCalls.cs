using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Consume;

/// <summary>The group's routes as this member calls them.</summary>
internal sealed class GroupCalls(PatientReader broker, BrokerClient client, ConsumeRequest request, TextWriter error)
{
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    private readonly string _path = $"v1/groups/{ResourceName.Escape(request.Group!)}";

    /// <summary>Makes the group if there is none; one that exists keeps its settings and must read the topic.</summary>
    /// <returns>Whether it is shared; a group that is made here is not.</returns>
    public async Task<bool> JoinAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await broker.SendAsync(BrokerRequest.Get(_path), cancellationToken);
            var group = answer.Read(JsonContext.Default.GroupDescription);
            Check(group);
            return group.Mode == "shared";
        }
        catch (ApiException e) when (e.Problem.Status == 404)
        {
            var body = new CreateGroupRequest([request.Topic], request.From);
            var call = BrokerRequest.WithJson(HttpMethod.Put, _path, body, JsonContext.Default.CreateGroupRequest);
            (await broker.SendAsync(call, cancellationToken)).Dispose();
            return false;
        }
    }

    /// <param name="lease">What the last page gave; null joins.</param>
    /// <param name="cursor">Where to go on; null: at what is committed.</param>
    /// <param name="limit">At most so many records.</param>
    /// <param name="wait">For so many seconds.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<FetchPage> FetchAsync(LeaseIdentity? lease, string? cursor, int limit, int wait, CancellationToken cancellationToken)
    {
        var body = new GroupFetchRequest(request.Member, lease, cursor, limit, wait);
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

    /// <summary>In a shared group: how many of the records were somebody else's already.</summary>
    public async Task<int> AcceptAsync(IReadOnlyList<Ack> acks, CancellationToken cancellationToken)
    {
        var call = BrokerRequest.WithJson(HttpMethod.Post, $"{_path}/ack", new AckRequest(acks), JsonContext.Default.AckRequest);
        using var answer = await broker.SendAsync(call, cancellationToken);
        return answer.Read(JsonContext.Default.AckAnswer).Results.Count(result => result.Code is not null);
    }

    public void ReportLate(int count) => error.WriteLine(
        $"restbroker: {count} records were printed when their time was over, or the answer of before was lost; another member may get them too.");

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
        if (!group.Topics.Contains(request.Topic))
            throw new CommandFailedException($"group {group.Group} reads {string.Join(", ", group.Topics)}, not {request.Topic}; use another group, or delete this one.");
    }
}
