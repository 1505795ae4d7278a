using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Answers fetches and commits of a group's members. A parked fetch looks again at the group whenever there is news of its lease and often
/// enough that no lease ends unnoticed, its own included.
/// </summary>
internal sealed class GroupRequests(
    ILogEngine engine,
    GroupCatalog catalog,
    GroupCoordinator coordinator,
    ReadPlanner planner,
    IOptions<JsonOptions> json,
    IHostApplicationLifetime host,
    StreamClocks clocks)
{
    // A topic that goes while it is read is gone from the group when it is looked at again.
    private const int MaxVanishedTopics = 3;

    /// <summary>Joins or renews, reads, and answers a page with the lease.</summary>
    public async Task FetchAsync(HttpContext context, GroupFetch fetch)
    {
        var began = clocks.Time.GetTimestamp();
        var lease = fetch.Lease;
        var vanished = 0;
        for (GroupFetch? next = fetch; next is not null;)
        {
            var fetched = await coordinator.FetchAsync(fetch.Group, fetch.Member, lease, context.RequestAborted);
            if (fetched.IsFenced) throw await RefusalAsync(fetch.Group, fetched.Fenced);
            lease = fetched.Value.Lease.Token;
            try
            {
                next = await ReadAsync(context, next, fetched.Value, fetch.Wishes.Wait - clocks.Time.GetElapsedTime(began));
            }
            catch (BrokerException e) when (
                e.Error is BrokerError.UnknownTopicOrPartition or BrokerError.TopicRecreated && ++vanished <= MaxVanishedTopics)
            {
                continue;
            }
        }
    }

    /// <summary>Stores positions.</summary>
    public async Task<IReadOnlyList<CommittedOffset>> CommitAsync(
        string group, LeaseToken lease, IReadOnlyList<OffsetCommit> offsets, CancellationToken cancellationToken)
    {
        var committed = await coordinator.CommitAsync(group, lease, offsets, cancellationToken);
        return committed.IsFenced ? throw await RefusalAsync(group, committed.Fenced) : committed.Value;
    }

    /// <summary>The group's topics that exist, in the order of its settings.</summary>
    public async Task<IReadOnlyList<TopicDescription>> TopicsAsync(string group, CancellationToken cancellationToken)
    {
        var topics = new List<TopicDescription>();
        foreach (var name in catalog.Describe(group).Settings.Topics)
        {
            if (await engine.DescribeTopicAsync(name, cancellationToken) is { } topic) topics.Add(topic);
        }

        return topics;
    }

    // Null where it was answered. Otherwise there was nothing to read yet, or what was read is not the member's any more, and the fetch goes
    // on where it has come to: what the filter left out is not looked through again.
    private async Task<GroupFetch?> ReadAsync(HttpContext context, GroupFetch fetch, GroupSession session, TimeSpan left)
    {
        using var step = new GroupStep(session, left, context.RequestAborted, host.ApplicationStopping);
        if (session.Positions.Count == 0) await step.IdleAsync(clocks.Time);
        using var read = new ReadSession(engine, fetch.Wishes.Page(GroupCursor.Place(session, fetch.Cursor), isResolved: true));
        using var page = new JsonPage(context, read, fetch.Wishes.Shape, clocks);
        var wait = session.Positions.Count == 0 ? TimeSpan.Zero : step.Wait;
        // Whole before a byte is sent: if the lease has changed by then it is thrown away. Its size is bounded by maxBytes, of which JSON makes
        // at most six times as much, and by the names and numbers of at most 10,000 records.
        var loop = new PageLoop(read, clocks.Time, wait, planner.Options.MaxFilteredScanBytes);
        await page.ReadWholeAsync(loop, step.Lifetime);
        if (!read.HasSpoken && !step.IsLast && !loop.HasScannedEnough)
            return read.Filter is not null && session.Positions.Count > 0 ? fetch with { Cursor = Cursor.Format(read.Position) } : fetch;

        var renewed = coordinator.Renew(session);
        if (renewed.IsFenced) throw await RefusalAsync(fetch.Group, renewed.Fenced);
        if (!renewed.Value.Partitions.SequenceEqual(session.Lease.Partitions)) return fetch;
        if (fetch.AutoCommit)
            await CommitAsync(fetch.Group, session.Lease.Token, GroupCursor.Read(read.Position, session.Topics), context.RequestAborted);
        page.Close();
        page.Json.WritePropertyName("lease");
        JsonSerializer.Serialize(page.Json, renewed.Value.ToResponse(), json.Value.SerializerOptions);
        await page.SendAsync();
        return null;
    }

    private async Task<BrokerException> RefusalAsync(string group, FencedLease fenced) =>
        GroupCursor.Refusal(fenced, await TopicsAsync(group, CancellationToken.None));
}
