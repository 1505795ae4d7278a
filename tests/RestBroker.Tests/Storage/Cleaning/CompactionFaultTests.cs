using RestBroker.CrashTests.History;
using RestBroker.Storage.Files;

namespace RestBroker.Tests.Storage;

/// <summary>The n-th file call of a compaction fails, for every n: the log holds the old records or the new ones.</summary>
public sealed class CompactionFaultTests
{
    private static readonly string[] Starts = ["clean", "death", "power cut"];

    /// <summary>Each call fails once before each kind of start in the long run, before one of them in the short one.</summary>
    private static readonly bool IsFull = Effort.IsFull;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_compaction_that_fails_anywhere_leaves_the_old_log_or_the_new_one(bool isPersistent, bool isLate)
    {
        var failing = 1;
        while (await FailAsync(failing, Starts[failing % Starts.Length], isPersistent, isLate))
        {
            for (var i = 1; IsFull && i < Starts.Length; i++)
                await FailAsync(failing, Starts[(failing + i) % Starts.Length], isPersistent, isLate);
            failing++;
        }

        Assert.True(failing > 20, $"{failing} calls are too few to be a compaction");
    }

    /// <summary>False where a compaction makes fewer calls.</summary>
    private static async Task<bool> FailAsync(int failing, string start, bool isPersistent, bool isLate)
    {
        using var log = new KeyedLog();
        var old = await WriteAsync(log);
        var compacted = Expected(old);
        var calls = 0;
        log.Fixture.Files.FailsLate = isLate;
        log.Fixture.Files.Fault = (_, _) => ++calls == failing || (isPersistent && calls > failing) ? FaultyFileStore.IoError : 0;
        var isDone = TryCompact(log);
        log.Fixture.Files.Fault = (_, _) => 0;
        if (calls < failing)
        {
            Assert.True(isDone);
            Assert.Equal(compacted, log.Read());
            return false;
        }

        AssertEither(old, compacted, log.Read());
        if (start == "clean") log.Restart();
        else log.Crash(isPowerCut: start == "power cut");
        AssertEither(old, compacted, log.Read());
        Assert.DoesNotContain(log.Files, name => name.EndsWith(".swap", StringComparison.Ordinal) || name.EndsWith(".cleaned", StringComparison.Ordinal));
        Assert.False(Directory.Exists(log.Fixture.Quarantine));

        var added = await log.AppendAsync("key1=after");
        log.Roll();
        log.Compact();
        Assert.Equal([.. compacted.Where(entry => entry.Key != "key1"), .. added], log.Read());
        return true;
    }

    [Theory]
    [InlineData(FileCall.Write, FaultyFileStore.NoSpace)]
    [InlineData(FileCall.Sync, FaultyFileStore.IoError)]
    public async Task A_copy_that_the_disk_does_not_take_goes_and_the_next_run_makes_another(object call, int errno)
    {
        using var log = new KeyedLog();
        var old = await WriteAsync(log);
        var files = log.LogFiles.ToList();
        log.Fixture.Files.Fault = (made, path) => made.Equals(call) && path.EndsWith(".cleaned", StringComparison.Ordinal) ? errno : 0;

        for (var i = 0; i < 3; i++) Assert.Throws<IOException>(() => log.Compact());

        Assert.Equal(old, log.Read());
        Assert.Equal(files, log.LogFiles);
        Assert.DoesNotContain(log.Files, name => name.EndsWith(".cleaned", StringComparison.Ordinal));
        Assert.True(log.Log.IsHealthy);
        var added = await log.AppendAsync("key1=more");
        log.Fixture.Files.Fault = (_, _) => 0;
        log.Compact();
        Assert.Equal([.. Expected(old), .. added], log.Read());
    }

    [Fact]
    public async Task A_run_that_is_cancelled_leaves_no_copy_behind()
    {
        using var log = new KeyedLog();
        var old = await WriteAsync(log);
        var files = log.LogFiles.ToList();
        using var cancellation = new CancellationTokenSource();
        log.Fixture.Files.Fault = (call, path) =>
        {
            if (call == FileCall.Truncate && path.EndsWith(".cleaned", StringComparison.Ordinal)) cancellation.Cancel();
            return 0;
        };

        Assert.Throws<OperationCanceledException>(() =>
            log.Log.Cleaner.Compact(KeyedLog.Buffer, RestBroker.Storage.Cleaning.CompactionPace.None, cancellation.Token));

        Assert.Equal(old, log.Read());
        Assert.Equal(files, log.LogFiles);
        Assert.DoesNotContain(log.Files, name => name.EndsWith(".cleaned", StringComparison.Ordinal));
    }

    private static async Task<List<Entry>> WriteAsync(KeyedLog log)
    {
        log.Set("durability", "async");
        for (var i = 0; i < 5; i++) await log.AppendAsync($"key{i % 2}={i} {new string('x', 130)}", $"key{i}=other");
        log.Roll();
        log.Log.Commits.Flush();
        log.Set("durability", "fsync");
        Assert.Equal(3, log.LogFiles.Count());
        // One group: each step of the one swap is either before what counts or after it.
        log.Set("segment.bytes", "1048576");
        return log.Read();
    }

    private static List<Entry> Expected(List<Entry> all) =>
        [.. all.Where(entry => !all.Exists(later => later.Key == entry.Key && later.Offset > entry.Offset))];

    private static void AssertEither(List<Entry> old, List<Entry> compacted, List<Entry> found) =>
        Assert.True(found.SequenceEqual(old) || found.SequenceEqual(compacted), $"neither old nor new: {string.Join(", ", found)}");

    private static bool TryCompact(KeyedLog log)
    {
        try
        {
            return log.Compact() is not null;
        }
        catch (Exception e) when (e.IsDiskTrouble())
        {
            return false;
        }
    }
}
