using System.Collections.Immutable;
using System.Text;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using Xunit.Abstractions;

namespace RestBroker.Tests.Groups;

/// <summary>
/// Every state that three members and up to three partitions can reach, in every order of joins, fetches, stale fetches, departures,
/// expiries and changes of the topic, is looked at once; and long runs go there by chance (RESTBROKER_FULL=1: 100,000 of them).
/// </summary>
public class ConsumerGroupExplorationTests(ITestOutputHelper output)
{
    private const int LeaseTicks = 2;
    private const int StepsOfARun = 200;
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly int[] PartitionCounts = [3, 2, 0];

    [Fact]
    public void In_every_reachable_state_a_partition_has_one_owner_and_rebalancing_ends()
    {
        var begin = new World(GroupsOf.Partitions(3, LeaseTicks), 0, ImmutableSortedDictionary<string, Client>.Empty);
        var seen = new HashSet<string> { begin.Key() };
        var next = new Queue<World>([begin]);
        var steps = 0;
        while (next.TryDequeue(out var world))
        {
            foreach (var after in world.Successors())
            {
                steps++;
                after.AssertSound();
                if (seen.Add(after.Key())) next.Enqueue(after);
            }
        }

        output.WriteLine($"{seen.Count} states, {steps} steps");
        Assert.True(seen.Count > 1_000);
    }

    [Fact]
    public void In_long_random_runs_a_partition_has_one_owner_and_rebalancing_ends()
    {
        var runs = Effort.Of(200, 100_000);
        var seed = Random.Shared.Next();
        var greatestEpoch = 0;
        for (var run = 0; run < runs; run++)
        {
            var random = new Random(seed + run);
            var world = new World(GroupsOf.Partitions(3, LeaseTicks), 0, ImmutableSortedDictionary<string, Client>.Empty);
            for (var step = 0; step < StepsOfARun; step++)
            {
                var successors = world.Successors().ToList();
                world = successors[random.Next(successors.Count)];
                try
                {
                    world.AssertSound();
                }
                catch (Exception e)
                {
                    throw new InvalidOperationException($"Seed {seed + run}, step {step}: {e.Message}", e);
                }
            }

            greatestEpoch = Math.Max(greatestEpoch, world.Group.State.Epoch);
        }

        FaultTable.Held($"groups, random runs of {StepsOfARun} steps", runs, $"{seed}..");
        output.WriteLine($"seed {seed}: {runs} runs of {StepsOfARun} steps, up to epoch {greatestEpoch}");
        Assert.True(greatestEpoch > StepsOfARun / 4);
    }

    /// <summary>What a process that bears a member's name believes: its newest lease and the partitions it was last told.</summary>
    private sealed record Client(LeaseToken Lease, ImmutableArray<TopicPartition> Told);

    /// <summary>The group, the time and what the processes believe.</summary>
    private sealed record World(ConsumerGroup Group, int Tick, ImmutableSortedDictionary<string, Client> Clients)
    {
        private TimeSpan Now => TimeSpan.FromSeconds(Tick);

        internal IEnumerable<World> Successors()
        {
            var world = this with { Group = Group.Expire(Now) };
            yield return this with { Tick = Tick + 1 };
            foreach (var count in PartitionCounts) yield return world.Observe(count);
            foreach (var name in Names)
            {
                yield return world.Told(name, world.Group.Join(name, $"{world.Group.State.Epoch}.{name}", Now));
                if (world.Clients.ContainsKey(name)) yield return world.Fetch(name);
                if (world.Group.State.Members.ContainsKey(name)) yield return world with { Group = world.Group.Leave(name) };
            }
        }

        internal void AssertSound()
        {
            var group = Group.Expire(Now);
            group.AssertSound();
            foreach (var (name, client) in Clients)
            {
                if (!group.Holds(name, client.Lease)) continue;
                Assert.All(client.Told, told => Assert.True(group.State.Members[name].Owns(told)));
                var fetched = group.Fetch(name, Now).State.Members[name];
                var changes = !fetched.Owned.SequenceEqual(group.State.Members[name].Owned);
                Assert.Equal(changes, group.HasNews(name, client.Lease, new(group.State.Owners)));
            }

            var settled = group.AllFetch(Now).AllFetch(Now);
            Assert.All(settled.State.Members.Values, member => Assert.True(member.IsSettled));
        }

        internal string Key()
        {
            var key = new StringBuilder().Append(Group.State.Topics.Sum(topic => topic.PartitionCount));
            foreach (var name in Names)
            {
                var client = Clients.GetValueOrDefault(name);
                key.Append('|').Append(client is null ? "-" : string.Join(',', client.Told.Select(told => told.Partition)));
                if (!Group.State.Members.TryGetValue(name, out var member)) continue;
                key.Append(':').Append(string.Join(',', Group.Owned(name)));
                key.Append(':').Append(string.Join(',', member.Target.Select(target => target.Partition)));
                key.Append(':').Append(Math.Max(0, (Group.Expiries[name] - Now).TotalSeconds));
                key.Append(client is not null && Group.Holds(name, client.Lease) ? 'h' : 'f');
            }

            return key.ToString();
        }

        // Who owned a partition that is gone owns nothing of the one that comes back under its name.
        private World Observe(int partitionCount)
        {
            var group = Group.Observe(GroupsOf.Topics(partitionCount));
            var clients = Clients.ToImmutableSortedDictionary(
                client => client.Key,
                client => client.Value with { Told = client.Value.Told.RemoveAll(told => told.Partition >= partitionCount) });
            return this with { Group = group, Clients = clients };
        }

        private World Told(string name, ConsumerGroup group)
        {
            var member = group.State.Members[name];
            var older = Clients.GetValueOrDefault(name);
            Assert.False(older is not null && older.Lease != member.Lease && group.Holds(name, older.Lease));
            return this with { Group = group, Clients = Clients.SetItem(name, new Client(member.Lease, member.Owned)) };
        }

        private World Fetch(string name) => Group.Holds(name, Clients[name].Lease)
            ? Told(name, Group.Fetch(name, Now))
            : this with { Clients = Clients.Remove(name) };
    }
}
