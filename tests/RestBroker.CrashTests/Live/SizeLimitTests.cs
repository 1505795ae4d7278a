using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Live;

/// <summary>F9: the kernel ends a write, and the process with it, at an exact byte of a file.</summary>
public sealed class SizeLimitTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task A_write_that_is_cut_at_any_byte_leaves_whole_batches()
    {
        var (seed, rounds) = (Effort.Seed(), Effort.Of(2, 60));
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var total = default(Verdict);
        for (var round = 0; round < rounds; round++)
        {
            // Above the size of every other file that is there by then: the log is the first to reach it.
            await using var broker = new BrokerProcess();
            broker.Environment["DOTNET_EnableWriteXorExecute"] = "0"; // the runtime's own files are no part of this
            await broker.StartAsync();
            await LiveLoad.CreateTopicAsync(broker, "journal", 1, new { });
            await broker.StopAsync();
            broker.Wrapper = ["prlimit", $"--fsize={random.Next(150_000, 300_000)}"];
            await broker.StartAsync();
            await using var load = new LiveLoad(broker, "journal", "all", writers: 2, readers: 1, valueSize: 2_000);

            await broker.EndedAsync();
            broker.Wrapper = [];
            await broker.StartAsync();
            await load.AckedAsync(5);
            total += await load.StopAsync();
        }

        output.WriteLine(FaultTable.Add("write cut at an exact byte", rounds, total, $"{seed}"));
        Assert.True(total.IsGood, $"{total}");
    }
}
