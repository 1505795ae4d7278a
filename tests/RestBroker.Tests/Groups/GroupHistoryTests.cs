using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using Xunit.Abstractions;
using static RestBroker.Tests.Groups.GroupBench;

namespace RestBroker.Tests.Groups;

/// <summary>
/// Long histories of a group drawn from a seed: members join, read, commit, pause beyond their lease and wake, leave, lose their
/// answers; the topic grows; the broker restarts; commits fail.
/// </summary>
public class GroupHistoryTests(ITestOutputHelper output)
{
    private const int Histories = 150;
    private const int Steps = 250;
    private const int RecordsPerPartition = 1_000;

    [Fact]
    public async Task Whatever_happens_one_owner_commits_nothing_goes_back_and_nothing_is_skipped()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var steps = 0;
        for (var i = 0; i < Histories; i++)
        {
            var history = await History.BeginAsync(seed + i);
            try
            {
                for (var step = 0; step < Steps; step++, steps++) await history.StepAsync();
                await history.EndAsync();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Seed {seed + i}: {e.Message}", e);
            }
        }

        output.WriteLine($"{Histories} histories, {steps} steps");
    }

    /// <summary>A process that bears a member's name and remembers what it was told.</summary>
    private sealed class Process(string name)
    {
        public string Name { get; } = name;

        public LeaseToken? Lease { get; set; }

        public Dictionary<int, long> Read { get; } = [];
    }

    private sealed class History(Random random, GroupBench bench)
    {
        private const int MaxPartitions = 6;
        private readonly List<Process> _processes = [.. "aabbc".Select(letter => new Process($"{letter}"))];
        private readonly Dictionary<int, long> _committed = [];
        private int _partitionCount = 3;

        internal static async Task<History> BeginAsync(int seed)
        {
            var bench = await StartAsync(3, new GroupSpec([Topic], LeaseSeconds: 10));
            for (var partition = 0; partition < MaxPartitions; partition++) await bench.ProduceAsync(partition, RecordsPerPartition);
            return new History(new Random(seed), bench);
        }

        internal async Task StepAsync()
        {
            var process = _processes[random.Next(_processes.Count)];
            switch (random.Next(100))
            {
                case < 45: await FetchAsync(process, isAnswerLost: random.Next(10) == 0); break;
                case < 80: await CommitAsync(process, fails: random.Next(10) == 0); break;
                case < 92: bench.Time.Advance(TimeSpan.FromSeconds(random.Next(1, 6))); break;
                case < 95: await LeaveAsync(process); break;
                case < 97: await bench.RestartAsync(); break;
                case < 98: await GrowAsync(); break;
                default: process.Lease = null; break;
            }

            await AssertSoundAsync();
        }

        /// <summary>After the last change everybody who is alive fetches twice, and the group is at rest.</summary>
        internal async Task EndAsync()
        {
            foreach (var process in _processes.DistinctBy(process => process.Name)) await FetchAsync(process, isAnswerLost: false, joins: true);
            for (var round = 0; round < 2; round++)
            {
                foreach (var process in _processes.DistinctBy(process => process.Name)) await FetchAsync(process, isAnswerLost: false);
            }

            var group = bench.Catalog.Describe(Group);
            Assert.Equal(GroupCondition.Stable, group.Condition);
            Assert.Equal(_partitionCount, group.Members.Sum(member => member.Partitions.Count));
        }

        private async Task FetchAsync(Process process, bool isAnswerLost, bool joins = false)
        {
            var fetched = await bench.Coordinator.FetchAsync(Group, process.Name, joins ? null : process.Lease, default);
            if (isAnswerLost) return;
            process.Read.Clear();
            process.Lease = fetched.Value?.Lease.Token;
            foreach (var position in fetched.Value?.Positions ?? [])
            {
                var partition = position.Partition.Partition;
                Assert.Equal(_committed.GetValueOrDefault(partition), position.NextOffset);
                process.Read[partition] = Math.Min(RecordsPerPartition, position.NextOffset + random.Next(5));
            }
        }

        private async Task CommitAsync(Process process, bool fails)
        {
            if (process.Lease is not { } lease) return;
            var owned = bench.Catalog.Describe(Group).Members
                .Where(member => member.Member == process.Name && member.Epoch == lease.Epoch).SelectMany(member => member.Partitions).ToHashSet();
            var offsets = process.Read.Select(read => (read.Key, random.Next(5) == 0 ? read.Value / 2 : read.Value)).ToArray();
            var mayCommit = bench.Catalog.Describe(Group).Members.Any(member => member.Member == process.Name && member.Epoch == lease.Epoch)
                && offsets.All(offset => owned.Contains(new TopicPartition(Topic, offset.Key)));
            bench.Memory.BeforeCommit = fails ? () => throw new BrokerException(BrokerError.DiskFull, "full") : () => Task.CompletedTask;
            try
            {
                Assert.Equal(mayCommit, !(await bench.CommitAsync(lease, offsets)).IsFenced);
            }
            catch (BrokerException e) when (e.Error == BrokerError.DiskFull)
            {
                // Unknown to the client; here it is known to be in memory, and a restart would forget it.
                bench.Memory.BeforeCommit = () => Task.CompletedTask;
                Assert.False((await bench.CommitAsync(lease, offsets)).IsFenced);
            }

            if (!mayCommit) return;
            foreach (var (partition, nextOffset) in offsets) _committed[partition] = Math.Max(_committed.GetValueOrDefault(partition), nextOffset);
        }

        private async Task LeaveAsync(Process process)
        {
            if (bench.Catalog.Describe(Group).Members.Any(member => member.Member == process.Name))
                await bench.Coordinator.LeaveAsync(Group, process.Name, default);
        }

        private async Task GrowAsync()
        {
            if (_partitionCount == MaxPartitions) return;
            await bench.Engine.AlterTopicAsync(new TopicAlteration(Topic, ++_partitionCount, new Dictionary<string, string?>(), null, null), default);
        }

        private async Task AssertSoundAsync()
        {
            var owned = bench.Catalog.Describe(Group).Members.SelectMany(member => member.Partitions).ToList();
            Assert.Equal(owned.Count, owned.Distinct().Count());
            var stored = (await bench.Engine.FetchCommittedOffsetsAsync(Group, default)).ToDictionary(
                (CommittedOffset offset) => offset.Partition.Partition, offset => offset.NextOffset);
            Assert.Equal(_committed.Where(entry => stored.ContainsKey(entry.Key) || entry.Value > 0).ToDictionary(), stored);
        }
    }
}
