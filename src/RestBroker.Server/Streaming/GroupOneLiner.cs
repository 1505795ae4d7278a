using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Streaming;

/// <summary>What a fetch inside a group asks for: as a body, or as the one line for curl.</summary>
internal sealed class GroupOneLiner(ILogEngine engine, GroupCatalog catalog, ReadPlanner planner)
{
    /// <summary>The body's wishes.</summary>
    /// <exception cref="BrokerException">InvalidRange.</exception>
    public GroupFetch Of(string group, FetchGroupRequest request) => new(
        group, request.Member, request.Lease?.ToToken(), request.Cursor, Wishes(request.Limit, request.Wait, request.MaxBytes), AutoCommit: false);

    /// <summary>Whether a group is shared.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound.</exception>
    public bool IsShared(string group) => catalog.Describe(group).Settings.Mode == GroupMode.Shared;

    /// <summary>The query's wishes; a group that does not exist is created.</summary>
    /// <exception cref="BrokerException">InvalidRequest, InvalidRange, InvalidTopic, UnknownTopicOrPartition, and what creating refuses.</exception>
    public async ValueTask<GroupFetch> ReadAsync(string group, GroupFetchQuery query, CancellationToken cancellationToken)
    {
        if (query is not { Topic: { } topic, Member: { } member, AutoCommit: true })
        {
            throw new BrokerException(
                BrokerError.InvalidRequest, "Send a JSON body with member, or without one ?topic=…&member=…&autoCommit=true.");
        }

        var wishes = Wishes(query.Limit, query.Wait);
        await engine.GetTopicAsync(topic, cancellationToken);
        var found = catalog.Find(group) ?? (await catalog.PutAsync(group, new GroupSpec([topic]), cancellationToken)).Group;
        if (found.Settings.Topics.Contains(topic)) return new GroupFetch(group, member, null, null, wishes, AutoCommit: true);
        throw new BrokerException(
            BrokerError.InvalidTopic,
            $"Group '{group}' reads {string.Join(", ", found.Settings.Topics)} and not {topic}: PUT /v1/groups/{group} sets its topics.");
    }

    private ReadWishes Wishes(int? limit, double? wait, int? maxBytes = null) =>
        new(new GroupReadQuery { Limit = limit, Wait = wait, MaxBytes = maxBytes }, QueryString.Empty, planner.Options);
}

/// <summary>A fetch inside a group as one line, without a body.</summary>
internal sealed record GroupFetchQuery(string? Topic, string? Member, bool? AutoCommit, int? Limit, double? Wait);
