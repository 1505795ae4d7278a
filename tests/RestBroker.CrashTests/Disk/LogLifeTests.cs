using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Disk;

/// <summary>D2, D4, V1, F1 to F3: a log on a disk that forgets and tears, ended at any call.</summary>
public sealed class LogLifeTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Fact]
    public async Task What_a_log_promised_is_there_however_its_process_or_its_machine_ends()
    {
        var seed = Effort.Seed();
        output.WriteLine($"seed {seed}");
        var total = default(Verdict);
        var deaths = 0;
        for (var i = 0; i < Effort.Of(300, 10_000); i++)
        {
            var life = new LogLife(seed + i);
            Verdict verdict;
            try
            {
                verdict = await life.RunAsync();
            }
            catch (InvalidOperationException e)
            {
                throw new InvalidOperationException($"Seed {seed + i}: {e.Message}", e);
            }

            Assert.True(verdict.IsGood, $"Seed {seed + i}: {verdict}");
            (total, deaths) = (total + verdict, deaths + life.Deaths);
        }

        output.WriteLine(FaultTable.Add("end of process or power, simulated, at any call", deaths, total, $"{seed}.."));
        Assert.True(total is { Acked: > 100, Unknown: > 10 });
    }
}
