using RestBroker.Core.Groups;

namespace RestBroker.Tests.Groups;

public class AssignorTests
{
    [Fact]
    public void One_member_gets_every_partition()
    {
        var group = GroupsOf.Partitions(6).Joined("a");

        Assert.Equal([0, 1, 2, 3, 4, 5], group.Owned("a"));
    }

    [Fact]
    public void A_second_member_takes_half_and_the_first_keeps_the_rest()
    {
        var group = GroupsOf.Partitions(6).Joined("a", "b").AllFetch(TimeSpan.Zero).AllFetch(TimeSpan.Zero);

        Assert.Equal([0, 1, 2], group.Owned("a"));
        Assert.Equal([3, 4, 5], group.Owned("b"));
    }

    [Fact]
    public void More_members_than_partitions_leave_some_without()
    {
        var group = GroupsOf.Partitions(2).Joined("a", "b", "c").AllFetch(TimeSpan.Zero).AllFetch(TimeSpan.Zero);

        Assert.Equal([1, 1, 0], new[] { "a", "b", "c" }.Select(name => group.Owned(name).Count).OrderDescending());
    }

    [Fact]
    public void A_member_gets_no_more_than_a_session_may_span()
    {
        var group = GroupsOf.Partitions(6, maxPerMember: 4).Joined("a");

        Assert.Equal([0, 1, 2, 3], group.Owned("a"));
        Assert.Equal(6, group.Joined("b").AllFetch(TimeSpan.Zero).State.Members.Values.Sum(member => member.Owned.Length));
    }

    [Fact]
    public void A_partition_comes_back_to_its_owner_when_the_newcomer_leaves_before_it_took_over()
    {
        var group = GroupsOf.Partitions(6).Joined("a", "b").Leave("b").AllFetch(TimeSpan.Zero);

        Assert.Equal([0, 1, 2, 3, 4, 5], group.Owned("a"));
    }

    [Fact]
    public void As_few_partitions_as_possible_leave_their_owner()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        for (var run = 0; run < 500; run++)
        {
            var group = GroupsOf.Partitions(random.Next(1, 40));
            for (var step = 0; step < 20; step++)
            {
                var name = $"m{random.Next(8)}";
                var before = group.AllFetch(TimeSpan.Zero).AllFetch(TimeSpan.Zero);
                group = before.State.Members.ContainsKey(name) ? before.Leave(name) : before.Joined(name);
                group.AssertSound();
                AssertLeastMoved(before, group, seed);
            }
        }
    }

    // However the odd partitions are dealt out, a member keeps at most its quota of what it owns.
    private static void AssertLeastMoved(ConsumerGroup before, ConsumerGroup after, int seed)
    {
        if (after.State.Members.IsEmpty) return;
        var (each, odd) = Math.DivRem(after.State.Partitions().Count(), after.State.Members.Count);
        var owned = after.State.Members.Keys.Select(name => before.State.Members.TryGetValue(name, out var m) ? m.Owned.Length : 0).ToList();
        var canKeep = owned.Sum(count => Math.Min(count, each)) + Math.Min(odd, owned.Count(count => count > each));
        var kept = after.State.Members.Sum(member => before.State.Members.TryGetValue(member.Key, out var m)
            ? m.Owned.Count(member.Value.IsTarget)
            : 0);
        Assert.True(canKeep == kept, $"{kept} of {canKeep} stayed, seed {seed}");
    }
}
