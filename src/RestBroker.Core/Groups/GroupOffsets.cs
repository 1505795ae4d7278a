using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>A group's offsets seen from outside: its lag, and moving it by hand. Thread-safe.</summary>
public sealed class GroupOffsets(GroupCatalog catalog)
{
    // A lag that spans more partitions is told without ages: each is a read.
    private const int MaxAges = 256;

    /// <summary>How far a group is behind in every partition of its topics, and how old the oldest record is that it has not read.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound.</exception>
    public async ValueTask<GroupLag> LagWithAgesAsync(string group, CancellationToken cancellationToken)
    {
        var lag = await LagAsync(group, cancellationToken);
        if (lag.Partitions.Count(partition => partition.Lag > 0) > MaxAges) return lag;
        var partitions = new List<PartitionLag>(lag.Partitions.Count);
        foreach (var partition in lag.Partitions)
            partitions.Add(partition.Lag == 0 ? partition : partition with { OldestUnread = await TimestampAsync(partition, cancellationToken) });
        return lag with { Partitions = partitions };
    }

    /// <summary>How far a group is behind in every partition of its topics.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound.</exception>
    public async ValueTask<GroupLag> LagAsync(string group, CancellationToken cancellationToken)
    {
        var live = catalog.Require(group);
        var shares = live.Keeper?.Share.States().ToDictionary(entry => (entry.Slot.Partition, entry.Slot.TopicId), entry => entry.State);
        var topics = live.Look((state, _) => state.State.Settings.Topics);
        var existing = await catalog.Topics.DescribeAsync(topics, cancellationToken);
        var status = await catalog.Topics.StatusAsync(topics, cancellationToken);
        return live.Look((state, offsets) =>
        {
            var owners = state.State.Owners();
            var partitions =
                from topic in existing
                from partition in Enumerable.Range(0, topic.PartitionCount).Select(number => new TopicPartition(topic.Name, number))
                where status.ContainsKey(partition)
                select shares?.GetValueOrDefault((partition, topic.TopicId)) is { } share
                    ? Lag(share, partition, status[partition])
                    : Lag(state.State, offsets, topic.TopicId, partition, status[partition], owners.GetValueOrDefault(partition));
            return new GroupLag(group, state.State.Epoch, [.. partitions]);
        });
    }

    /// <summary>
    /// Moves a group's committed offsets, durably. Begins a new epoch; live members are refused, or fenced where the wish says so.
    /// </summary>
    /// <returns>What changed, or with a dry run would change, in the order of the group's topics.</returns>
    /// <exception cref="BrokerException">GroupIdNotFound, PreconditionFailed (member <c>epoch</c>), GroupActive, InvalidRange,
    /// UnknownTopicOrPartition, StorageFailed, DiskFull.</exception>
    public async ValueTask<IReadOnlyList<ResetOffset>> ResetAsync(string group, OffsetReset reset, CancellationToken cancellationToken)
    {
        var live = catalog.Require(group);
        var targets = await TargetsAsync(live, reset, cancellationToken);
        if (live.Keeper?.Share.LiveMembers() is { Count: > 0 } members && !reset.DryRun && !reset.Force)
            throw GroupCatalog.Active(group, [.. members.Select(member => member.Key)]);
        var moved = live.Step((state, offsets) => Reset(group, state, offsets, targets, reset));
        if (reset.DryRun) return moved;
        if (live.Keeper is { } keeper)
        {
            // What was given out is forgotten on disk before the offsets are: they are made of it.
            keeper.Share.MoveTo(targets);
            await catalog.SaveAsync(keeper, CancellationToken.None);
        }

        // The new epoch first: were only the offsets on disk, a member's lease would outlive the reset.
        await catalog.SaveAsync(live, CancellationToken.None);
        await live.SaveOffsetsAsync(CancellationToken.None);
        return moved;
    }

    /// <summary>
    /// Forgets a group's committed offsets, durably: it begins anew where its settings say. Refused while members are live. Begins a new
    /// epoch.
    /// </summary>
    /// <exception cref="BrokerException">GroupIdNotFound, PreconditionFailed (member <c>epoch</c>), GroupActive, StorageFailed, DiskFull.</exception>
    public async ValueTask ForgetAsync(string group, int? expectedEpoch, CancellationToken cancellationToken)
    {
        var live = catalog.Require(group);
        var topics = await catalog.Topics.ObserveAsync(live, cancellationToken);
        var status = await catalog.Topics.StatusAsync(topics.Select(topic => topic.Name), cancellationToken);
        if (live.Keeper?.Share.LiveMembers() is { Count: > 0 } members) throw GroupCatalog.Active(group, [.. members.Select(member => member.Key)]);
        var starts = live.Step((state, offsets) =>
        {
            RequireEpoch(group, state, expectedEpoch);
            if (!state.State.Members.IsEmpty) throw GroupCatalog.Active(group, [.. state.State.Members.Keys]);
            offsets.Clear();
            return (state.Fence(), Starts(state.State, status));
        });
        await catalog.SaveAsync(live, CancellationToken.None);
        if (live.Keeper is { } keeper)
        {
            // A shared group has an offset as soon as it has begun.
            keeper.Share.MoveTo(starts);
            await catalog.SaveAsync(keeper, CancellationToken.None);
        }

        await live.SaveOffsetsAsync(CancellationToken.None);
    }

    private static List<CommittedOffset> Starts(GroupState state, IReadOnlyDictionary<TopicPartition, PartitionStatus> status) =>
    [
        .. from partition in state.Partitions()
           where status.ContainsKey(partition)
           let topic = state.Topic(partition.Topic)!
           select new CommittedOffset(partition, topic.Id, Math.Max(topic.StartOf(partition.Partition) ?? 0, status[partition].LogStartOffset)),
    ];

    private static void RequireEpoch(string name, ConsumerGroup group, int? expectedEpoch)
    {
        if (expectedEpoch is not { } expected || expected == group.State.Epoch) return;
        throw new BrokerException(
            BrokerError.PreconditionFailed,
            $"Group '{name}' is at epoch {group.State.Epoch}, not {expected}: look at it again before you move it.")
        {
            Members = new Dictionary<string, object> { ["epoch"] = group.State.Epoch },
        };
    }

    private static PartitionLag Lag(
        GroupState state, OffsetVector offsets, Guid topicId, TopicPartition partition, PartitionStatus status, string? owner)
    {
        var committed = offsets.NextOffset(partition, topicId);
        var start = state.Topic(partition.Topic) is { } topic && topic.Id == topicId ? topic.StartOf(partition.Partition) : null;
        var next = committed ?? Math.Max(start ?? 0, status.LogStartOffset);
        return new PartitionLag(partition, committed, status.HighWatermark, Math.Max(0, status.HighWatermark - next), owner, null, next);
    }

    // What lies below the end and is not kept is done with, wherever the committed offset stands.
    private static PartitionLag Lag(SharePartition share, TopicPartition partition, PartitionStatus status)
    {
        var lag = Math.Max(0, status.HighWatermark - share.End) + share.Records.Count;
        var (available, acquired, delayed, dead) = share.Counts;
        return new PartitionLag(partition, share.Start, status.HighWatermark, lag, null, new InFlight(acquired, available, delayed, dead), share.Start);
    }

    private async ValueTask<long?> TimestampAsync(PartitionLag lag, CancellationToken cancellationToken)
    {
        var request = new FetchRequest { Partitions = [new FetchPartition(lag.Partition, lag.Start)], MaxBytes = 1, MinBytes = 0 };
        using var found = await catalog.Engine.FetchAsync(request, cancellationToken);
        using var walk = new BatchWalk();
        walk.Begin(found.Partitions[0], lag.Start);
        return walk.TryRead(out var record, out _) ? record.Timestamp : null;
    }

    private async ValueTask<IReadOnlyList<CommittedOffset>> TargetsAsync(LiveGroup live, OffsetReset reset, CancellationToken cancellationToken)
    {
        var names = live.Look((state, _) => state.State.Settings.Topics);
        var topics = await catalog.Topics.DescribeAsync(names, cancellationToken);
        if (reset.To is not { } to) return await ExplicitAsync(reset.Offsets, topics, cancellationToken);
        if (reset.Topic is { } only && topics.All(topic => topic.Name != only))
            throw new BrokerException(BrokerError.UnknownTopicOrPartition, $"{only} is not a topic that the group reads; it reads {string.Join(", ", names)}.");
        var targets = new List<CommittedOffset>();
        foreach (var topic in topics.Where(topic => reset.Topic is null || topic.Name == reset.Topic))
        {
            var offsets = await to.ResolveAsync(catalog.Engine, topic.Name, cancellationToken);
            targets.AddRange(offsets.Select((offset, i) => new CommittedOffset(new(topic.Name, i), topic.TopicId, offset)));
        }

        return targets;
    }

    private async ValueTask<IReadOnlyList<CommittedOffset>> ExplicitAsync(
        IReadOnlyList<OffsetCommit> wanted, IReadOnlyList<TopicDescription> topics, CancellationToken cancellationToken)
    {
        var status = await catalog.Topics.StatusAsync(topics.Select(topic => topic.Name), cancellationToken);
        var targets = new List<CommittedOffset>(wanted.Count);
        foreach (var (partition, nextOffset, _) in wanted)
        {
            if (!status.TryGetValue(partition, out var found))
                throw new BrokerException(BrokerError.UnknownTopicOrPartition, $"{partition} is not a partition that the group reads.");
            if (nextOffset < found.LogStartOffset || nextOffset > found.NextOffset)
            {
                throw new BrokerException(
                    BrokerError.InvalidRange,
                    $"Offset {nextOffset} of {partition} is outside {found.LogStartOffset}..{found.NextOffset}.");
            }

            targets.Add(new CommittedOffset(partition, topics.First(topic => topic.Name == partition.Topic).TopicId, nextOffset));
        }

        return targets;
    }

    private static (ConsumerGroup Next, IReadOnlyList<ResetOffset> Moved) Reset(
        string name, ConsumerGroup group, OffsetVector offsets, IReadOnlyList<CommittedOffset> targets, OffsetReset reset)
    {
        RequireEpoch(name, group, reset.ExpectedEpoch);
        var moved = targets.Select(target => new ResetOffset(
            target.Partition, offsets.NextOffset(target.Partition, target.TopicId), target.NextOffset)).ToList();
        if (reset.DryRun) return (group, moved);
        if (!group.State.Members.IsEmpty && !reset.Force) throw GroupCatalog.Active(name, [.. group.State.Members.Keys]);
        foreach (var target in targets) offsets.Set(target);
        return (group.Fence(), moved);
    }
}
