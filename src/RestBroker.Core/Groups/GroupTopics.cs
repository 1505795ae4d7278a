using System.Collections.Immutable;
using RestBroker.Core.Engine;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>The topics of a group as the engine has them now, and what is derived from them. Thread-safe.</summary>
internal sealed class GroupTopics(ILogEngine engine)
{
    /// <summary>Those that exist, in the order given.</summary>
    internal async ValueTask<IReadOnlyList<TopicDescription>> DescribeAsync(ImmutableArray<string> names, CancellationToken cancellationToken)
    {
        var topics = new List<TopicDescription>(names.Length);
        foreach (var name in names)
        {
            if (await engine.DescribeTopicAsync(name, cancellationToken) is { } topic) topics.Add(topic);
        }

        return topics;
    }

    /// <summary>The group's view of its topics when its settings are set: here, and only here, <c>from</c> becomes offsets.</summary>
    internal async ValueTask<ImmutableArray<GroupTopic>> BeginAsync(
        GroupSettings settings, GroupState? current, CancellationToken cancellationToken)
    {
        var found = ImmutableArray.CreateBuilder<GroupTopic>();
        foreach (var topic in await DescribeAsync(settings.Topics, cancellationToken))
        {
            var known = current?.Settings.From == settings.From ? current.Topic(topic.Name) : null;
            var starts = known?.Id == topic.TopicId ? known.Starts
                : settings.From == StartPosition.Earliest ? []
                : [.. await settings.From.ResolveAsync(engine, topic.Name, cancellationToken)];
            found.Add(new GroupTopic(topic.Name, topic.TopicId, topic.PartitionCount, starts));
        }

        return found.ToImmutable();
    }

    /// <summary>
    /// The group's view after looking again: a topic that came later, or again, has no starts and is read from the log start. Counts
    /// never shrink within an id, so an older look that comes late takes no partition away.
    /// </summary>
    internal static ImmutableArray<GroupTopic> Refresh(GroupState state, IReadOnlyList<TopicDescription> topics) =>
    [
        .. topics.Select(topic => state.Topic(topic.Name) is { } known && known.Id == topic.TopicId
            ? topic.PartitionCount > known.PartitionCount ? known with { PartitionCount = topic.PartitionCount } : known
            : new GroupTopic(topic.Name, topic.TopicId, topic.PartitionCount, [])),
    ];

    /// <summary>Lets a group see its topics as they are now; gives those that exist, in the order of its settings.</summary>
    internal async ValueTask<IReadOnlyList<TopicDescription>> ObserveAsync(LiveGroup live, CancellationToken cancellationToken)
    {
        while (true)
        {
            var settings = live.Look((group, _) => group.State.Settings);
            var topics = await DescribeAsync(settings.Topics, cancellationToken);
            var isCurrent = live.Step((group, offsets) =>
            {
                // New settings while we looked: what we saw are not the group's topics any more.
                if (!group.State.Settings.Topics.SequenceEqual(settings.Topics)) return (group, false);
                offsets.Forget(settings.Topics, [.. topics.Select(topic => topic.TopicId)]);
                return (group.Observe(Refresh(group.State, topics)), true);
            });
            if (isCurrent) return topics;
        }
    }

    /// <summary>Where each partition stands.</summary>
    internal async ValueTask<IReadOnlyDictionary<TopicPartition, PartitionStatus>> StatusAsync(
        IEnumerable<string> topics, CancellationToken cancellationToken)
    {
        var found = new Dictionary<TopicPartition, PartitionStatus>();
        foreach (var topic in topics)
        {
            if (await engine.DescribeTopicAsync(topic, cancellationToken) is null) continue;
            foreach (var status in await engine.DescribePartitionsAsync(topic, cancellationToken))
                found[new TopicPartition(topic, status.Partition)] = status;
        }

        return found;
    }
}
