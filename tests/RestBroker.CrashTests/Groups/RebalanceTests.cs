using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Groups;

/// <summary>G1, G2: what rebalances do, and how long they take: with many members, with one that is stopped and comes back, with some that come and go.</summary>
public sealed class RebalanceTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task Two_hundred_members_that_join_at_once_come_to_rest()
    {
        const int Members = 200;
        await using var broker = await BrokerProcess.StartNewAsync();
        var calls = new GroupCalls(broker, "g");
        await calls.CreateAsync("t", Members, "\"leaseSeconds\":30");
        var (began, settled, rounds) = (Stopwatch.GetTimestamp(), new ConcurrentBag<double>(), 0);
        var owners = new ConcurrentDictionary<int, string>();

        await Task.WhenAll(Enumerable.Range(0, Members).Select(i => Task.Run(async () =>
        {
            string? lease = null;
            while (true)
            {
                var page = (await calls.PostAsync("fetch", $$"""{"member":"m{{i}}",{{(lease is null ? "" : $"\"lease\":{lease},")}}"wait":{{(lease is null ? 0 : 0.2)}}}"""))!;
                Interlocked.Increment(ref rounds);
                lease = $$"""{"id":"{{page["lease"]!["id"]}}","epoch":{{page["lease"]!["epoch"]}}}""";
                var owned = page["lease"]!["partitions"]!.AsArray().SelectMany(topic => topic!["partitions"]!.AsArray()).Select(partition => (int)partition!).ToList();
                // Everybody owns one in the end; whoever has it gives it up no more once all are there.
                if (owned.Count != 1 || await CountAsync(broker) < Members) continue;
                settled.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
                owners[owned[0]] = $"m{i}";
                return;
            }
        })));

        var sorted = settled.Order().ToList();
        output.WriteLine($"{Members} members, {Members} partitions, {rounds} fetches; at rest after p50 {sorted[Members / 2]:F0} ms, p99 {sorted[Members * 99 / 100]:F0} ms, max {sorted[^1]:F0} ms");
        Assert.Equal(Members, owners.Count);
    }

    [Fact]
    public async Task A_member_that_is_stopped_beyond_its_lease_holds_nobody_up_longer_and_comes_back()
    {
        const int LeaseSeconds = 2;
        var pauses = Effort.Of(2, 50);
        await using var broker = await BrokerProcess.StartNewAsync();
        var calls = new GroupCalls(broker, "g");
        await calls.CreateAsync("t", 6, $"\"leaseSeconds\":{LeaseSeconds}");
        await using var a = LiveCli.Start(broker.Address, "consume t --group g --member a");
        await using var b = LiveCli.Start(broker.Address, "consume t --group g --member b");
        await using var c = LiveCli.Start(broker.Address, "consume t --group g --member c");
        var (produced, times) = (0, new List<double>());

        for (var pause = 0; pause < pauses; pause++)
        {
            await ProduceAndSeeAsync(a, b, c);
            a.Stop();
            var began = Stopwatch.GetTimestamp();
            await ProduceAndSeeAsync(b, c);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            a.Continue();
        }

        await ProduceAndSeeAsync(a, b, c);
        times.Sort();
        output.WriteLine($"{pauses} pauses beyond a lease of {LeaseSeconds} s; all was read by the others after p50 {times[times.Count / 2]:F0} ms, max {times[^1]:F0} ms");
        Assert.All(times, time => Assert.InRange(time, 0, 30_000));

        // While one is stopped, what it held is read by the others once its lease has ended.
        async Task ProduceAndSeeAsync(params LiveCli[] readers)
        {
            var numbers = Enumerable.Range(produced, 120).ToList();
            produced += numbers.Count;
            await calls.ProduceAsync("t", numbers);
            var wanted = numbers.Select(number => $"{number}").ToHashSet();
            await LiveCli.WaitForOutputAsync(readers, printed => wanted.IsSubsetOf(printed));
        }
    }

    [Fact]
    public async Task While_members_come_and_go_a_partition_has_one_owner_and_no_record_is_left_out()
    {
        var (seed, records) = (Effort.Seed(), Effort.Of(8_000, 400_000));
        output.WriteLine($"seed {seed}");
        await using var broker = await BrokerProcess.StartNewAsync();
        var calls = new GroupCalls(broker, "g");
        await calls.CreateAsync("t", 6, "\"leaseSeconds\":5");
        await calls.ProduceAsync("t", Enumerable.Range(0, records));
        var run = new GroupRun(calls, records);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => run.MemberAsync(new Random(seed + i), $"m{i}", crashOnceIn: 4, leaveOnceIn: 4))));

        output.WriteLine($"{run.Rebalances} rebalances, {records} records, {run.Commits} commits answered, {run.Fenced} fenced, {run.Reads} reads");
        Assert.Empty(run.Anomalies);
        Assert.InRange(run.Fenced, 1, int.MaxValue);
        Assert.Equal(Enumerable.Range(0, records), run.Seen.Keys.Order());
        FaultTable.Held("groups: members that come and go, rebalances", run.Rebalances, $"{seed}");
    }

    private static async Task<int> CountAsync(BrokerProcess broker) =>
        JsonNode.Parse(await broker.Client.GetStringAsync(new Uri("v1/groups/g", UriKind.Relative)))!["members"]!.AsArray().Count;
}
