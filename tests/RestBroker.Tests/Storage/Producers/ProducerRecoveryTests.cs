using RestBroker.Storage.Log;
using RestBroker.Storage.Producers;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage.Producers;

/// <summary>Producers after a restart: the snapshot is a cache, and whatever befell it the log tells the same.</summary>
public sealed class ProducerRecoveryTests : IDisposable
{
    private static readonly long[] Ids = [1, 2, 3, 4, ProducerAppends.IdOfKey("a"), ProducerAppends.IdOfKey("b")];

    private readonly LogFixture _fixture = new();

    public ProducerRecoveryTests() => _fixture.Configs["segment.bytes"] = "1024";

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("nothing")]
    [InlineData("missing")]
    [InlineData("empty")]
    [InlineData("zeroed")]
    [InlineData("cut")]
    [InlineData("flipped bit")]
    [InlineData("foreign")]
    [InlineData("of another offset")]
    [InlineData("beyond the end")]
    public async Task Whatever_befell_the_snapshots_the_producers_are_those_of_the_log(string damage)
    {
        foreach (var start in (object[])[StartKind.Clean, StartKind.Unclean])
        {
            var log = await WriteAsync();
            var expected = log.Describe(Ids);
            if (start.Equals(StartKind.Clean)) Assert.True(log.CloseCleanly());
            var snapshots = Directory.GetFiles(_fixture.LogDirectory, "*.snapshot");
            Assert.InRange(snapshots.Length, 1, 2);
            foreach (var path in snapshots) Damage(path, damage);

            log = _fixture.Open((StartKind)start);

            Assert.Equal(expected, log.Describe(Ids));
            Assert.Equal("IdempotencyKeyReused", ProducerAppends.Outcome(() => log.AppendKey("a", "other").Result));
            Directory.Delete(_fixture.LogDirectory, recursive: true);
            Directory.CreateDirectory(_fixture.LogDirectory);
        }
    }

    [Fact]
    public async Task A_producer_that_was_forgotten_and_began_anew_is_not_answered_with_its_first_life()
    {
        var log = _fixture.Open();
        foreach (var sequence in (int[])[0, 1, 2]) await log.Append(1, 0, sequence).Committed;
        await log.AppendKey("a", "first").Committed;
        _fixture.Time.Advance(_fixture.Limits.Expiration + TimeSpan.FromHours(1));
        log.Clean();
        await log.Append(1, 0, 0).Committed;
        await log.AppendKey("a", "second").Committed;
        foreach (var path in Directory.GetFiles(_fixture.LogDirectory, "*.snapshot")) File.Delete(path);

        log = _fixture.Open(StartKind.Unclean);

        Assert.Equal(("4 again", "6"), (log.Outcome(1, 0, 0), log.Outcome(1, 0, 1)));
        Assert.Equal("5 again", ProducerAppends.Outcome(() => log.AppendKey("a", "second").Result));
        Assert.Equal("IdempotencyKeyReused", ProducerAppends.Outcome(() => log.AppendKey("a", "first").Result));
    }

    [Fact]
    public async Task Retention_takes_records_and_not_the_memory_of_who_sent_them()
    {
        _fixture.Configs["retention.ms"] = "60000";
        var log = await WriteAsync();
        var expected = log.Describe(Ids);
        _fixture.Time.Advance(TimeSpan.FromHours(1));

        Assert.True(log.Clean() > 0);
        Assert.Equal(0, log.Segments.Count);

        log = _fixture.Open(StartKind.Unclean);
        Assert.Equal(expected, log.Describe(Ids));
        Assert.EndsWith(" again", ProducerAppends.Outcome(() => log.AppendKey("a", "body").Result), StringComparison.Ordinal);
        log = _fixture.OpenAfterPowerCut();
        Assert.Equal(expected, log.Describe(Ids));
    }

    [Fact]
    public async Task A_snapshot_whose_writer_may_have_died_before_its_sync_is_saved_again_before_segments_go()
    {
        _fixture.Configs["retention.ms"] = "60000";
        Assert.True((await WriteAsync()).CloseCleanly());
        var log = _fixture.Open(StartKind.Unclean);
        _fixture.Time.Advance(TimeSpan.FromHours(1));
        var calls = new List<string>();
        _fixture.Files.Fault = (call, path) =>
        {
            if (call is FileCall.Sync or FileCall.Delete) calls.Add($"{call} {Path.GetExtension(path)}");
            return 0;
        };

        Assert.True(log.Clean() > 0);

        Assert.InRange(calls.IndexOf($"{FileCall.Sync} {SnapshotFiles.Suffix}"), 0, calls.IndexOf($"{FileCall.Delete} .log"));
    }

    [Fact]
    public async Task A_disk_that_is_full_keeps_no_segment_from_being_deleted()
    {
        _fixture.Configs["retention.ms"] = "60000";
        var log = await WriteAsync();
        var expected = log.Describe(Ids);
        _fixture.Time.Advance(TimeSpan.FromHours(1));
        _fixture.Files.Fault = (call, path) => call == FileCall.Write && path.EndsWith(SnapshotFiles.Suffix, StringComparison.Ordinal)
            && Directory.GetFiles(_fixture.LogDirectory, "*.log").Length > 0 ? FaultyFileStore.NoSpace : 0;

        Assert.True(log.Clean() > 0);

        log = _fixture.Open(StartKind.Unclean);
        Assert.Equal(expected, log.Describe(Ids));
    }

    [Fact]
    public async Task A_batch_that_was_torn_and_cut_off_is_not_remembered()
    {
        var log = await WriteAsync();
        var before = log.NextOffset;
        await log.Append(9, 0, 0, count: 2).Committed;
        var path = log.Segments.Last!.File.Path;
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..^1]);

        // Nothing vouches for the batch: the checkpoint is older than it.
        log = _fixture.Open(StartKind.Unclean);

        Assert.Equal((before, "9: -"), (log.NextOffset, log.Describe([9])));
        Assert.Equal($"{before}", log.Outcome(9, 0, 0, count: 2));
        log = _fixture.Open(StartKind.Unclean);
        Assert.Equal("9: 0/2", log.Describe([9]));
    }

    [Fact]
    public async Task A_snapshot_of_batches_that_are_gone_does_not_tell_of_those_that_come_in_their_place()
    {
        var log = await WriteAsync();
        var gone = new ProducerState(new LiveProducers(ProducerLimits.Default));
        gone.Add(4, 3, new ProducerBatch(0, 9, log.NextOffset, 1), 1);
        var files = new SnapshotFiles(_fixture.Files, _fixture.LogDirectory);
        files.Save(log.NextOffset + 10, ProducerSnapshot.Write(gone, files.Owner, log.NextOffset + 10), sync: true);

        log = _fixture.Open(StartKind.Unclean);
        for (var i = 0; i < 20; i++) await log.Append(9, 0, i).Committed;
        log = _fixture.Open(StartKind.Unclean);

        Assert.Equal("4: -, 9: 0/20", log.Describe([4, 9]));
    }

    [Fact]
    public async Task A_start_reads_no_segment_that_a_snapshot_covers()
    {
        var log = await WriteAsync();
        var expected = log.Describe(Ids);
        var closed = log.Segments.All[..^1].ToArray().Select(segment => segment.File.Path).ToHashSet();
        _fixture.Files.Fault = (call, path) => call == FileCall.Read && closed.Contains(path) ? FaultyFileStore.IoError : 0;

        log = _fixture.Open(StartKind.Unclean);

        Assert.Equal(expected, log.Describe(Ids));
    }

    [Fact]
    public async Task A_log_without_producers_has_a_snapshot_too_lest_every_start_read_it()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 40; i++) await LogFixture.AppendAsync(log, $"value {i} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        Assert.True(log.CloseCleanly());
        _fixture.Files.Fault = (call, path) => call == FileCall.Read && path.EndsWith(".log", StringComparison.Ordinal) ? FaultyFileStore.IoError : 0;

        Assert.Equal(40, _fixture.Open().NextOffset);
    }

    // Two producers to the end, one that was replaced, one that only once wrote, and two keys; in many segments.
    private async Task<PartitionLog> WriteAsync()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 20; i++)
        {
            await log.Append(1, 0, i * 2, count: 2, padding: 60).Committed;
            await log.Append(2, i / 10, i % 10, padding: 60).Committed;
            if (i == 3) await log.Append(3, 4, 0).Committed;
            if (i == 5) await log.AppendKey("a", "body").Committed;
        }

        await log.AppendKey("b", "body").Committed;
        // The bookkeeping of the last round is done when another has been.
        log.Commits.Flush();
        return log;
    }

    private static void Damage(string path, string damage)
    {
        var bytes = File.ReadAllBytes(path);
        switch (damage)
        {
            case "nothing": return;
            case "missing": File.Delete(path); return;
            case "empty": bytes = []; break;
            case "zeroed": Array.Clear(bytes); break;
            case "cut": bytes = bytes[..^7]; break;
            case "flipped bit": bytes[^30] ^= 4; break;
            case "foreign":
                var foreign = new ProducerState(new LiveProducers(ProducerLimits.Default));
                foreign.Add(4, 3, new ProducerBatch(0, 9, 0, 1), 1);
                bytes = ProducerSnapshot.Write(foreign, new byte[ProducerSnapshot.OwnerSize], long.Parse(Path.GetFileNameWithoutExtension(path), System.Globalization.CultureInfo.InvariantCulture));
                ProducerSnapshot.Seal(bytes);
                break;
            case "of another offset":
                File.Move(path, Path.Combine(Path.GetDirectoryName(path)!, $"{3:D20}{SnapshotFiles.Suffix}"), overwrite: true);
                return;
            default:
                File.Move(path, Path.Combine(Path.GetDirectoryName(path)!, $"{1_000_000 + bytes.Length:D20}{SnapshotFiles.Suffix}"), overwrite: true);
                return;
        }

        File.WriteAllBytes(path, bytes);
    }
}
