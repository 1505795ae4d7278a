using System.Security.Cryptography;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// What members do: join, renew, fetch, commit, leave. One process coordinates a group; what an answer rests on is on disk before it is
/// given. Thread-safe.
/// </summary>
public sealed class GroupCoordinator(GroupCatalog catalog)
{
    private const int LeaseSecretSize = 8;
    private const long LogStart = -1;
    private static readonly TimeSpan ShortestCheck = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Renews a lease, or without one begins a new lease under the member's name, and tells what to read. The member gives up what is
    /// no longer meant for it and gets what is free. Call again when <see cref="GroupSession.Changed"/> or
    /// <see cref="GroupSession.CheckWithin"/> says so; before records are handed out, <see cref="Renew"/>.
    /// </summary>
    /// <exception cref="BrokerException">GroupIdNotFound, InvalidName, LimitReached, StorageFailed, DiskFull.</exception>
    public async ValueTask<Fenceable<GroupSession>> FetchAsync(
        string group, string member, LeaseToken? lease, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(member, "member");
        var live = catalog.RequirePartitioned(group);
        var topics = await catalog.Topics.ObserveAsync(live, cancellationToken);
        var (fenced, holding) = live.Step((state, offsets) => Join(live, state, offsets, member, lease));
        await catalog.SaveAsync(live, cancellationToken);
        if (fenced is not null) return Fenceable<GroupSession>.Refused(fenced);
        return Fenceable<GroupSession>.Of(new GroupSession
        {
            Group = group,
            Member = member,
            Lease = holding.Lease,
            Topics = topics,
            Positions = await PositionsAsync(holding, cancellationToken),
            Changed = live.Watch(member, holding.Lease.Token),
            TookOver = holding.TookOver,
            HasLost = holding.HasLost,
            CheckWithin = holding.CheckWithin,
        });
    }

    /// <summary>
    /// Renews the lease of a session and tells what it owns now. Where that is not what the session read, its records are to be thrown
    /// away and fetched again: nothing is lost, since the broker keeps no position of a member.
    /// </summary>
    public Fenceable<GroupLease> Renew(GroupSession session)
    {
        var live = catalog.Require(session.Group);
        return live.Step((group, offsets) =>
        {
            if (!group.Holds(session.Member, session.Lease.Token))
                return (group, Fenceable<GroupLease>.Refused(Fenced(group, offsets, session.Lease.Token)));
            var next = group.Renew(session.Member, live.Now);
            return (next, Fenceable<GroupLease>.Of(LeaseOf(live, next, session.Member)));
        });
    }

    /// <summary>
    /// Stores positions, all or nothing, durably, and answers the stored positions of the whole lease. A position at or below the
    /// committed one changes nothing. Does not renew the lease.
    /// </summary>
    /// <exception cref="BrokerException">GroupIdNotFound, TopicRecreated, InvalidRange, StorageFailed, DiskFull.</exception>
    public async ValueTask<Fenceable<IReadOnlyList<CommittedOffset>>> CommitAsync(
        string group, LeaseToken lease, IReadOnlyList<OffsetCommit> commits, CancellationToken cancellationToken)
    {
        var live = catalog.RequirePartitioned(group);
        var offsets = await ResolveAsync(commits, cancellationToken);
        var (answer, mustWait) = live.Step((state, vector) => (state, Commit(state, vector, lease, offsets)));
        if (mustWait) await live.SaveOffsetsAsync(cancellationToken);
        return answer;
    }

    /// <summary>Whether a name holds a lease; false where there is no such group.</summary>
    public bool IsMember(string group, string member) =>
        catalog.Find(group) is { } found && found.Members.Any(live => live.Member == member);

    /// <summary>Ends a member's lease now, whoever holds it; its partitions, or in a shared group its records, are free at once.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound, UnknownMemberId, StorageFailed, DiskFull.</exception>
    public async ValueTask LeaveAsync(string group, string member, CancellationToken cancellationToken)
    {
        var live = catalog.Require(group);
        if (live.Keeper is { } keeper)
        {
            if (!keeper.Share.Leave(member)) throw Unknown();
            await keeper.BuryAsync();
            await catalog.SaveAsync(keeper, cancellationToken);
            return;
        }

        live.Step((state, _) => state.State.Members.ContainsKey(member) ? (state.Leave(member), true) : throw Unknown());
        await catalog.SaveAsync(live, cancellationToken);

        BrokerException Unknown() => new(BrokerError.UnknownMemberId, $"Group '{group}' has no live member '{member}'.");
    }

    private (ConsumerGroup Next, (FencedLease? Fenced, Holding Holding) Result) Join(
        LiveGroup live, ConsumerGroup group, OffsetVector offsets, string member, LeaseToken? lease)
    {
        if (lease is { } token && !group.Holds(member, token)) return (group, (Fenced(group, offsets, token), default));
        if (lease is null && !group.State.Members.ContainsKey(member) && group.State.Members.Count >= catalog.Config.MaxMembers)
        {
            throw new BrokerException(
                BrokerError.LimitReached,
                $"Group '{live.Name}' has {catalog.Config.MaxMembers} members, as many as allowed: wait until one leaves.");
        }

        var next = lease is null ? group.Join(member, NewLeaseId(member), live.Now) : group.Fetch(member, live.Now);
        var checkWithin = (next.NextExpiry!.Value - live.Now) / 2;
        var owned = next.State.Members[member].Owned;
        var before = group.State.Members.GetValueOrDefault(member);
        var holding = new Holding(
            LeaseOf(live, next, member),
            [.. owned.Select(partition => Position(next.State, offsets, partition))],
            before?.Owned.Except(owned).Any() == true,
            checkWithin > ShortestCheck ? checkWithin : ShortestCheck,
            lease is null && before is not null ? (before.Lease.Epoch, [.. before.Owned.Intersect(owned)]) : null);
        return (next, (null, holding));
    }

    private async ValueTask<IReadOnlyList<CommittedOffset>> PositionsAsync(Holding holding, CancellationToken cancellationToken)
    {
        var positions = holding.Positions;
        var unknown = positions.Where(position => position.NextOffset < 0).Select(position => position.Partition.Topic).Distinct();
        var status = await catalog.Topics.StatusAsync(unknown, cancellationToken);
        return
        [
            .. positions.Select(position => position.NextOffset >= 0
                ? position
                : position with { NextOffset = status.GetValueOrDefault(position.Partition)?.LogStartOffset ?? 0 }),
        ];
    }

    private async ValueTask<IReadOnlyList<CommittedOffset>> ResolveAsync(IReadOnlyList<OffsetCommit> commits, CancellationToken cancellationToken)
    {
        var status = await catalog.Topics.StatusAsync(commits.Select(commit => commit.Partition.Topic).Distinct(), cancellationToken);
        var offsets = new List<CommittedOffset>(commits.Count);
        foreach (var (partition, nextOffset, topicId) in commits)
        {
            var topic = await catalog.Engine.DescribeTopicAsync(partition.Topic, cancellationToken);
            if (topic is not null && topicId is { } expected && expected != topic.TopicId)
            {
                throw new BrokerException(
                    BrokerError.TopicRecreated,
                    $"The offsets are of an earlier topic '{partition.Topic}', which was deleted and created again: fetch, and go on from there.");
            }

            // A partition that is not there is in nobody's lease; the step says so.
            if (status.TryGetValue(partition, out var found) && (nextOffset < 0 || nextOffset > found.NextOffset))
            {
                throw new BrokerException(
                    BrokerError.InvalidRange,
                    $"Offset {nextOffset} cannot be committed: {partition} ends at {found.NextOffset}. Commit the next offset to read.");
            }

            offsets.Add(new CommittedOffset(partition, topic?.TopicId ?? Guid.Empty, nextOffset));
        }

        return offsets;
    }

    private static (Fenceable<IReadOnlyList<CommittedOffset>> Answer, bool MustWait) Commit(
        ConsumerGroup group, OffsetVector vector, LeaseToken lease, IReadOnlyList<CommittedOffset> offsets)
    {
        var owned = group.State.Members.GetValueOrDefault(lease.Member) is { } known ? offsets.Where(offset => known.Owns(offset.Partition)).ToList() : [];
        if (!group.Holds(lease.Member, lease)) return (Refused(WhyFenced(group, lease), owned), false);
        if (owned.Count < offsets.Count)
        {
            var lost = offsets.First(offset => !owned.Contains(offset)).Partition;
            return (Refused($"{lost} is not in the lease of '{lease.Member}': commit this answer's cursor, which leaves out what is lost.", owned), false);
        }

        // Plain offsets bear no incarnation: those of the topic that was read say nothing about the one that bears its name now.
        foreach (var offset in offsets)
        {
            if (group.State.Topic(offset.Partition.Topic)?.Id == offset.TopicId) continue;
            throw new BrokerException(
                BrokerError.TopicRecreated, $"Topic '{offset.Partition.Topic}' was deleted and created again since '{lease.Member}' fetched; nothing was committed. Fetch again.");
        }

        foreach (var offset in offsets) vector.Advance(offset);
        var mustWait = offsets.Any(offset => !vector.IsWritten(offset.Partition));
        return (Fenceable<IReadOnlyList<CommittedOffset>>.Of(Stored(group.State, vector, group.State.Members[lease.Member])), mustWait);
    }

    private static Fenceable<IReadOnlyList<CommittedOffset>> Refused(string detail, IReadOnlyList<CommittedOffset> stillOwned) =>
        Fenceable<IReadOnlyList<CommittedOffset>>.Refused(new FencedLease($"Nothing was committed. {detail}", stillOwned));

    private static FencedLease Fenced(ConsumerGroup group, OffsetVector vector, LeaseToken lease) => new(
        WhyFenced(group, lease),
        group.State.Members.GetValueOrDefault(lease.Member) is { } live ? Stored(group.State, vector, live) : []);

    private static string WhyFenced(ConsumerGroup group, LeaseToken lease) =>
        group.State.Members.TryGetValue(lease.Member, out var live)
            ? $"Member '{lease.Member}' has a lease of epoch {live.Lease.Epoch}; the one given is of epoch {lease.Epoch}. "
                + "If another process bears this name, take a different one; else fetch without a lease."
            : $"The lease of epoch {lease.Epoch} has ended. Fetch without a lease to join again.";

    private static List<CommittedOffset> Stored(GroupState state, OffsetVector vector, GroupMember member) =>
    [
        .. from partition in member.Owned
           let topicId = state.Topic(partition.Topic)!.Id
           let nextOffset = vector.NextOffset(partition, topicId)
           where nextOffset is not null
           select new CommittedOffset(partition, topicId, nextOffset.Value),
    ];

    private static CommittedOffset Position(GroupState state, OffsetVector vector, TopicPartition partition)
    {
        var topic = state.Topic(partition.Topic)!;
        return new(partition, topic.Id, vector.NextOffset(partition, topic.Id) ?? topic.StartOf(partition.Partition) ?? LogStart);
    }

    private GroupLease LeaseOf(LiveGroup live, ConsumerGroup group, string name)
    {
        var (token, owned, _) = group.State.Members[name];
        var expiresIn = group.Expiries[name] - live.Now;
        return new GroupLease(token, owned, catalog.Time.GetUtcNow() + expiresIn, expiresIn);
    }

    private static string NewLeaseId(string member) => $"{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(LeaseSecretSize))}.{member}";

    /// <summary>What a step found out about a lease; a position may still be <see cref="LogStart"/>.</summary>
    private readonly record struct Holding(
        GroupLease Lease,
        IReadOnlyList<CommittedOffset> Positions,
        bool HasLost,
        TimeSpan CheckWithin,
        (int Epoch, IReadOnlyList<TopicPartition> Kept)? TookOver);
}
