using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Disk;

/// <summary>I1, I2: what is sent until it is acknowledged is stored once, whatever ends the process or the power, and when.</summary>
public sealed class ProducerLifeTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task What_is_retried_over_crashes_power_cuts_and_retention_is_stored_once()
    {
        var (seed, count) = (Effort.Seed(), Effort.Of(150, 5_000));
        output.WriteLine($"seed {seed}");
        var total = default(Verdict);
        int deaths = 0, retries = 0;
        for (var i = 0; i < count; i++)
        {
            var life = new ProducerLife(unchecked(seed + i));
            var verdict = await life.RunAsync();
            Assert.True(verdict is { IsGood: true, Unknown: 0 }, $"Seed {seed} + {i}: {verdict}");
            (total, deaths, retries) = (total + verdict, deaths + life.Deaths, retries + life.Retries);
        }

        output.WriteLine(FaultTable.Add($"death of a log while producers retry, {retries} retries", deaths, total, $"{seed}..+{count - 1}"));
        Assert.True(deaths > count && retries > count, "The run has tried too little to prove anything.");
    }
}
