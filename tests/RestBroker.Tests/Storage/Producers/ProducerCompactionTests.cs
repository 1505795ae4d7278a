using RestBroker.Core.Records;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Producers;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage.Producers;

/// <summary>Compaction takes records, and not what is known of those who sent them.</summary>
public sealed class ProducerCompactionTests
{
    private static readonly long[] Ids = [0, 1, 2];

    [Fact]
    public async Task What_compaction_leaves_tells_where_every_producer_stands_without_a_snapshot_too()
    {
        using var log = new KeyedLog();
        for (var i = 0; i < 60; i++) await log.AppendAsync(CompressionType.None, i % 3, $"same={i} xxxxxxxxxxxxxxxxxxxxxxxxxxx", $"key{i % 7}={i}");
        var expected = log.Log.Describe(Ids);
        log.Roll();
        Assert.True(log.Compact()!.Value.RemovedRecords > 50);
        foreach (var path in Directory.GetFiles(log.Fixture.LogDirectory, $"*{SnapshotFiles.Suffix}")) File.Delete(path);

        log.Crash(isPowerCut: false);

        Assert.Equal(expected, log.Log.Describe(Ids));
        for (var id = 0; id < 3; id++) Assert.Equal($"{114 + (id * 2)} again", log.Log.Outcome(id, 0, 38, count: 2));
    }

    [Fact]
    public async Task The_end_of_a_compaction_that_was_cut_short_leaves_the_snapshots()
    {
        using var log = new KeyedLog();
        for (var i = 0; i < 40; i++) await log.AppendAsync(CompressionType.None, 0, $"key{i}={i} xxxxxxxxxxxxxxxxxxxxxxxxxxx");
        Assert.True(log.Log.CloseCleanly());
        var (directory, first) = (log.Fixture.LogDirectory, log.Log.Segments[0]);
        var snapshot = Path.Combine(directory, $"{first.NextOffset - 1:D20}{SnapshotFiles.Suffix}");
        await File.WriteAllTextAsync(snapshot, "of all that lies before");
        File.Copy(first.File.Path, Path.Combine(directory, $"{0:D20}-{first.NextOffset:D20}{SegmentSwap.Suffix}"));

        SwapRecovery.Run(new PhysicalFileStore(), directory, _ => Assert.Fail("The copy is whole."));

        Assert.True(File.Exists(snapshot));
        Assert.Equal(40, log.Fixture.Open().NextOffset);
    }
}
