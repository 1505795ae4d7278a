using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>D1, O1, O2, V1: kill -9 at random moments while eight clients write and two read at the tail.</summary>
public sealed class KillTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Theory]
    [InlineData("fsync", "all", 5, 200)]
    [InlineData("async", "leader", 5, 800)]
    public async Task What_was_acknowledged_is_there_after_kill_9_once_and_in_order(string durability, string acks, int few, int full)
    {
        var (seed, kills) = (Effort.Seed(), Effort.Of(few, full));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", 3, new Dictionary<string, string> { ["durability"] = durability, ["segment.bytes"] = "65536" });
        await using var load = new LiveLoad(broker, "journal", acks, writers: 8, readers: 2);

        for (var kill = 0; kill < kills; kill++)
        {
            await load.AckedAsync(random.Next(10, 200));
            await broker.KillAsync();
            await broker.StartAsync();
        }

        await load.AckedAsync(20);
        var verdict = await load.StopAsync();
        output.WriteLine(FaultTable.Add($"kill -9, durability={durability}, acks={acks}", kills, verdict, $"{seed}"));
        Assert.True(verdict.IsGood, $"{verdict}");
    }

    [Fact]
    public async Task Without_a_fault_the_history_is_as_good()
    {
        await using var broker = await BrokerProcess.StartNewAsync();
        await LiveLoad.CreateTopicAsync(broker, "journal", 3, new Dictionary<string, string> { ["segment.bytes"] = "65536" });
        await using var load = new LiveLoad(broker, "journal", "all", writers: 8, readers: 2);

        await load.AckedAsync(Effort.Of(1_000, 50_000));

        var verdict = await load.StopAsync();
        output.WriteLine(FaultTable.Add("none", 0, verdict, "-"));
        Assert.True(verdict is { IsGood: true, Unknown: 0 }, $"{verdict}");
    }
}
