using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Disk;

/// <summary>F7, F8, F9: the n-th call of a kind fails, for n = 1.. until none does; once, or from then on.</summary>
public sealed class NthCallTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int NoSpace = 28;

    [Theory]
    [InlineData("Open")]
    [InlineData("Read")]
    [InlineData("Write")]
    [InlineData("Truncate")]
    [InlineData("Sync")]
    [InlineData("SyncDirectory")]
    [InlineData("Rename")]
    [InlineData("Delete")]
    public async Task Whichever_call_fails_nothing_acknowledged_is_lost(string kind)
    {
        var call = Enum.Parse<FileCall>(kind);
        var seed = Effort.Seed();
        output.WriteLine($"seed {seed}");
        var total = default(Verdict);
        var faults = 0;
        foreach (var (errno, isForEver, isPowerCut) in Cases())
        {
            // With every change one call in nine, others each time.
            for (var n = 1; ; n += Effort.Of(n == 1 ? 1 + ((seed & int.MaxValue) % 9) : 9, 1))
            {
                using var run = new EngineRun(seed + n);
                await run.LiveAndDieAsync();
                var hit = 0;
                run.Disk.Fault = (made, number, _) => made == call && (number == n || (isForEver && number > n)) ? (hit++, errno).errno : 0;
                await run.LiveAsync();
                var what = $"Seed {seed}, {call} {n}, errno {errno}, {(isForEver ? "for ever" : "once")}, {(isPowerCut ? "power cut" : "kill")}";
                Verdict verdict;
                try
                {
                    verdict = await run.JudgeAsync(isPowerCut);
                }
                catch (InvalidOperationException e)
                {
                    throw new InvalidOperationException($"{what}: {e.Message}", e);
                }

                Assert.True(verdict.IsGood, $"{what}: {verdict}");
                if (hit == 0) break;
                (total, faults) = (total + verdict, faults + 1);
            }
        }

        output.WriteLine(FaultTable.Add($"the n-th {kind} fails", faults, total, $"{seed}"));
    }

    private static IEnumerable<(int Errno, bool IsForEver, bool IsPowerCut)> Cases() =>
        from errno in (int[])[FaultyDisk.IoError, NoSpace]
        from isForEver in (bool[])[false, true]
        from isPowerCut in (bool[])[false, true]
        select (errno, isForEver, isPowerCut);
}
