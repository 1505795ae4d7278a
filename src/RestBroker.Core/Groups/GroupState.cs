using System.Collections.Immutable;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>What is known of a group after a restart: on disk before any member learns it. Immutable.</summary>
/// <param name="Settings">Its settings.</param>
/// <param name="Epoch">Rises with every change of settings, topics, members and leases.</param>
/// <param name="Topics">The topics of the settings that existed when last looked at, in the settings' order.</param>
/// <param name="Members">By name.</param>
internal sealed record GroupState(
    GroupSettings Settings, int Epoch, ImmutableArray<GroupTopic> Topics, ImmutableSortedDictionary<string, GroupMember> Members)
{
    internal static ImmutableSortedDictionary<string, GroupMember> NoMembers { get; } =
        ImmutableSortedDictionary.Create<string, GroupMember>(StringComparer.Ordinal);

    internal IEnumerable<TopicPartition> Partitions() =>
        from topic in Topics
        from partition in Enumerable.Range(0, topic.PartitionCount)
        select new TopicPartition(topic.Name, partition);

    internal GroupTopic? Topic(string name) => Topics.FirstOrDefault(topic => topic.Name == name);

    internal Dictionary<TopicPartition, string> Owners() => Members
        .SelectMany(member => member.Value.Owned, (member, partition) => (partition, member.Key))
        .ToDictionary(owned => owned.partition, owned => owned.Key);
}
