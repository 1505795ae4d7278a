using System.Collections.Immutable;
using RestBroker.Core.Engine;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Groups;

/// <summary>Groups for tests of the pure machine.</summary>
internal static class GroupsOf
{
    internal const string Topic = "t";

    internal static ConsumerGroup Partitions(int count, int leaseSeconds = 2, int maxPerMember = 256) => ConsumerGroup.Load(
        new GroupState(
            new GroupSettings([Topic], GroupMode.Partitioned, StartPosition.Earliest, leaseSeconds), 1, Topics(count), GroupState.NoMembers),
        TimeSpan.Zero,
        maxPerMember);

    internal static ImmutableArray<GroupTopic> Topics(int partitionCount) =>
        partitionCount == 0 ? [] : [new GroupTopic(Topic, Guid.Empty, partitionCount, [])];

    internal static ConsumerGroup Joined(this ConsumerGroup group, params string[] names) =>
        names.Aggregate(group, (joined, name) => joined.Join(name, $"{joined.State.Epoch}.{name}", TimeSpan.Zero));

    internal static ConsumerGroup AllFetch(this ConsumerGroup group, TimeSpan now) =>
        group.State.Members.Keys.Aggregate(group, (fetched, name) => fetched.Fetch(name, now));

    internal static IReadOnlyList<int> Owned(this ConsumerGroup group, string name) =>
        [.. group.State.Members[name].Owned.Select(partition => partition.Partition)];

    internal static void AssertSound(this ConsumerGroup group)
    {
        var partitions = group.State.Partitions().ToList();
        var members = group.State.Members.Values.ToList();
        AssertDisjoint(members.SelectMany(member => member.Owned), partitions);
        AssertDisjoint(members.SelectMany(member => member.Target), partitions);
        if (members.Count == 0) return;
        Assert.Equal(partitions.Count, members.Sum(member => member.Target.Length));
        Assert.InRange(members.Max(member => member.Target.Length) - members.Min(member => member.Target.Length), 0, 1);
    }

    private static void AssertDisjoint(IEnumerable<TopicPartition> given, IReadOnlyCollection<TopicPartition> exists)
    {
        var seen = new HashSet<TopicPartition>();
        foreach (var partition in given)
        {
            Assert.True(seen.Add(partition), $"{partition} has two owners");
            Assert.Contains(partition, exists);
        }
    }
}
