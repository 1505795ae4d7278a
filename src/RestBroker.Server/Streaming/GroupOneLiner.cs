using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Streaming;

/// <summary>What a fetch inside a group asks for: as a body, or as the one line for curl.</summary>
internal sealed class GroupOneLiner(ILogEngine engine, GroupCatalog catalog, ReadPlanner planner)
{
    /// <summary>The body's wishes; the query may hold a filter, as that of every read, and nothing else.</summary>
    /// <exception cref="BrokerException">InvalidRequest, InvalidRange.</exception>
    public GroupFetch Of(HttpContext context, string group, FetchGroupRequest request, GroupFetchQuery query)
    {
        if (query.HasMembers)
        {
            throw new BrokerException(
                BrokerError.InvalidRequest, "The body says who fetches and how much; beside it the query takes key, keyPrefix and header.… alone.");
        }

        var read = new GroupReadQuery { Limit = request.Limit, Wait = request.Wait, MaxBytes = request.MaxBytes, Key = query.Key, KeyPrefix = query.KeyPrefix };
        return new GroupFetch(group, request.Member, request.Lease?.ToToken(), request.Cursor, Wishes(read, context), AutoCommit: false);
    }

    /// <summary>Whether a group is shared.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound.</exception>
    public bool IsShared(string group) => catalog.Describe(group).Settings.Mode == GroupMode.Shared;

    /// <summary>The query's wishes; a group that does not exist is created.</summary>
    /// <exception cref="BrokerException">InvalidRequest, InvalidRange, InvalidTopic, UnknownTopicOrPartition, and what creating refuses.</exception>
    public async ValueTask<GroupFetch> ReadAsync(HttpContext context, string group, GroupFetchQuery query)
    {
        if (query is not { Topic: { } topic, Member: { } member, AutoCommit: true })
        {
            throw new BrokerException(
                BrokerError.InvalidRequest, "Send a JSON body with member, or without one ?topic=…&member=…&autoCommit=true.");
        }

        var wishes = Wishes(new GroupReadQuery { Limit = query.Limit, Wait = query.Wait, Key = query.Key, KeyPrefix = query.KeyPrefix }, context);
        await engine.GetTopicAsync(topic, context.RequestAborted);
        var found = catalog.Find(group) ?? (await catalog.PutAsync(group, new GroupSpec([topic]), context.RequestAborted)).Group;
        if (found.Settings.Topics.Contains(topic)) return new GroupFetch(group, member, null, null, wishes, AutoCommit: true);
        throw new BrokerException(
            BrokerError.InvalidTopic,
            $"Group '{group}' reads {string.Join(", ", found.Settings.Topics)} and not {topic}: PUT /v1/groups/{group} sets its topics.");
    }

    private ReadWishes Wishes(GroupReadQuery read, HttpContext context) => new(read, context.Request.QueryString, planner.Options);
}
