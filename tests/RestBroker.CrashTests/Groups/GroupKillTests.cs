using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Groups;

/// <summary>G1, C1: kill -9 of the broker while members of a partitioned group read and commit, and zombies with old leases try to.</summary>
public sealed class GroupKillTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Partitions = 6;

    [Fact]
    public async Task A_commit_that_was_answered_never_goes_back_and_an_owner_gets_each_record_once()
    {
        var (seed, kills, records) = (Effort.Seed(), Effort.Of(4, 1_000), Effort.Of(3_000, 200_000));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        var calls = new GroupCalls(broker, "g");
        await calls.CreateAsync("t", Partitions, "\"leaseSeconds\":2");
        await calls.ProduceAsync("t", Enumerable.Range(0, records));
        var run = new GroupRun(calls, records);
        var members = Enumerable.Range(0, 4).Select(i => Task.Run(() => run.MemberAsync(new Random(seed + i), $"m{i}", crashOnceIn: Effort.Of(4, 30)))).ToList();

        for (var kill = 1; kill <= kills; kill++)
        {
            await run.ProgressAsync(kill * records / (kills + 1) - random.Next(records / (kills + 1)));
            await broker.KillAsync();
            await broker.StartAsync();
        }

        await Task.WhenAll(members);
        output.WriteLine($"{kills} kills, {records} records, {run.Commits} commits answered, {run.Fenced} fenced, {run.Epochs} epochs, {run.Reads} reads");
        Assert.Empty(run.Anomalies);
        Assert.True(run.Fenced > 0, "no zombie was fenced");
        Assert.Equal(Enumerable.Range(0, records), run.Seen.Keys.Order());
        FaultTable.Held("groups: kill -9 while members commit, and zombies", kills, $"{seed}");
    }
}
