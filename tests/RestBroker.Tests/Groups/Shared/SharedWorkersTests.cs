using System.Collections.Concurrent;
using RestBroker.CrashTests.History;
using RestBroker.Tests.Server;
using Xunit.Abstractions;

namespace RestBroker.Tests.Groups.Shared;

/// <summary>
/// Fifty workers at once, who crash, fail and give up at random, over real HTTP and a lease of a second: each record is accepted once or is
/// a dead letter once, and none is lost. RESTBROKER_FULL=1 runs 100,000 records.
/// </summary>
public class SharedWorkersTests(ITestOutputHelper output)
{
    private const int Workers = 50;
    private const int MaxDeliveries = 4;
    private static readonly int Records = Effort.Of(2_000, 100_000);

    [Fact]
    public async Task Every_record_is_accepted_once_or_a_dead_letter_once_and_none_is_lost()
    {
        var seed = Random.Shared.Next();
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("t", 4);
        await broker.CreateAsync("dead", 2);
        await broker.PutAsync(
            "/v1/groups/g", $$"""{"topics":["t"],"mode":"shared","leaseSeconds":1,"maxDeliveries":{{MaxDeliveries}},"deadLetterTopic":"dead"}""");
        for (var from = 0; from < Records; from += 1_000)
            await broker.ProduceAsync("t", Enumerable.Range(from, Math.Min(1_000, Records - from)).Select(i => $$"""{"key":"{{i}}","text":"{{i}}"}"""));
        var run = new Run(broker);

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(i => Task.Run(() => run.WorkAsync(new Random(seed + i), $"w{i}"))));

        var dead = await run.DeadAsync();
        output.WriteLine($"seed {seed}: {Records} records, {run.Accepted.Count} accepted, {dead.Count} dead letters, {run.Deliveries} deliveries, {run.Crashes} crashes");
        var lost = Records - run.Accepted.Keys.Concat(dead).Distinct().Count();
        FaultTable.Add("shared: a worker of 50 crashes", run.Crashes, new Verdict(run.Accepted.Count, Records, lost, dead.Count - dead.Distinct().Count(), 0, 0, 0, 0, 0, 0, 0), $"{seed}..");
        Assert.Equal(dead.Count, dead.Distinct().Count());
        Assert.All(run.Accepted, accepted => Assert.Equal(1, accepted.Value));
        Assert.Equal(Enumerable.Range(0, Records), run.Accepted.Keys.Concat(dead).Order());
        Assert.All(run.DeliveryCounts, count => Assert.InRange(count.Key, 1, MaxDeliveries));
        Assert.True(run.Crashes > 0 && dead.Count > 0 && run.DeliveryCounts.Count > 1);
    }

    private sealed class Run(TestBroker broker)
    {
        public ConcurrentDictionary<int, int> Accepted { get; } = [];

        public ConcurrentDictionary<int, int> DeliveryCounts { get; } = [];

        public int Deliveries => DeliveryCounts.Values.Sum();

        public int Crashes => _crashes;

        private int _crashes;

        public async Task WorkAsync(Random random, string name)
        {
            var member = new SharedMember(broker, name);
            while (!await IsDoneAsync())
            {
                var given = await member.FetchAsync(limit: random.Next(1, 20), wait: 0.3);
                foreach (var delivery in given) DeliveryCounts.AddOrUpdate(delivery.Count, 1, (_, count) => count + 1);
                if (given.Count == 0) continue;
                if (random.Next(12) == 0)
                {
                    Interlocked.Increment(ref _crashes); // and what it held comes back when the lease ends
                    continue;
                }

                var sorted = given.ToLookup(delivery => random.Next(20) switch { 0 => "release", 1 => "reject", _ => "accept" });
                foreach (var outcome in sorted) await AckAsync(member, outcome.Key, [.. outcome]);
            }
        }

        public async Task<List<int>> DeadAsync()
        {
            var page = await broker.PageAsync("/v1/topics/dead/records?limit=10000&maxBytes=16000000");
            Assert.True(page.UpToDate);
            return [.. page.Texts.Select(int.Parse)];
        }

        private async Task<bool> IsDoneAsync() => (long)(await broker.GetAsync("/v1/groups/g/lag")).Json["lag"]! == 0;

        private async Task AckAsync(SharedMember member, string outcome, IReadOnlyList<Delivery> deliveries)
        {
            var results = (await member.AckAsync(outcome, deliveries)).Json["results"]!.AsArray();
            foreach (var (result, delivery) in results.Zip(deliveries))
            {
                // Too late on a machine that is busy: somebody else has it.
                if ((string?)result!["outcome"] != "accept") continue;
                Accepted.AddOrUpdate(int.Parse(delivery.Text), 1, (_, count) => count + 1);
            }
        }
    }
}
