using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Disk;

/// <summary>
/// K1: a compaction on a disk that forgets and tears is ended in the middle of each of its calls, by the death of the process or by a power
/// cut; then its recovery is, too.
/// </summary>
public sealed class CompactionCutTests(Xunit.Abstractions.ITestOutputHelper output)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Wherever_a_compaction_is_cut_the_last_record_of_each_key_is_where_it_was(bool isPowerCut)
    {
        var seed = Effort.Seed();
        output.WriteLine($"seed {seed}");
        var (cuts, total) = (0, default(Verdict));
        for (var round = 0; round < Effort.Of(3, 300); round++)
        {
            for (var n = 1; ; n++)
            {
                using var life = new CompactionLife(seed + round);
                if (!life.CompactUntilCut(n)) break;
                life.Recover(isPowerCut, callsLeft: n % 3 == 0 ? 1 + (n % 7) : null);
                var verdict = life.Check();
                Assert.True(verdict.IsGood, $"Seed {seed + round}, call {n}: {verdict}");
                life.Finish();
                Assert.True(life.Check().IsGood, $"Seed {seed + round}, call {n}, after the next compaction: {life.Check()}");
                (cuts, total) = (cuts + 1, total + verdict);
            }
        }

        output.WriteLine(FaultTable.Add($"{(isPowerCut ? "power cut" : "end of process")} in a compaction, simulated, at every call", cuts, total, $"{seed}.."));
        Assert.True(cuts > 50, $"{cuts} cuts");
    }
}
