using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

public sealed class RecoveryTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    public static TheoryData<string, Action<string>> IndexDamage => new()
    {
        { "missing", File.Delete },
        { "empty", path => File.WriteAllBytes(path, []) },
        { "zeroed", path => File.WriteAllBytes(path, new byte[new FileInfo(path).Length]) },
        { "cut", path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^3]) },
        { "longer", path => File.AppendAllText(path, "garbage that was left behind") },
        { "foreign", path => File.Copy(path.Replace("00000000000000000000", Second(path), StringComparison.Ordinal), path, overwrite: true) },
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_tail_that_is_torn_at_any_byte_is_cut_at_the_last_whole_batch(bool isPowerCut)
    {
        var sizes = await WriteThreeAsync();
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);

        for (var length = 0; length <= bytes.Length; length++)
        {
            using var torn = Copy(_fixture);
            await File.WriteAllBytesAsync(torn.FirstSegment, bytes[..length]);

            var log = isPowerCut ? torn.OpenAfterPowerCut() : torn.Open(StartKind.Unclean);

            var kept = sizes.TakeWhile(end => end <= length).Count();
            Assert.Equal(Enumerable.Range(0, kept).Select(i => $"{i} value {i}"), LogFixture.Read(log));
            Assert.Equal(kept == 0 ? length : length - sizes[kept - 1], torn.Report.QuarantinedBytes);
            Assert.Equal(isPowerCut ? LogMemory.ReservationBlock : kept, await LogFixture.AppendAsync(log, "after"));
            Assert.True(log.CloseCleanly());
            Assert.Equal(kept + 1, LogFixture.Read(torn.Open()).Count);
        }
    }

    [Fact]
    public async Task A_bit_that_flips_anywhere_hides_its_batch_and_no_other()
    {
        var sizes = await WriteThreeAsync(close: true);
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);

        for (var position = sizes[0]; position < sizes[1]; position++)
        {
            // The leader epoch is neither in the checksum nor shown to anybody.
            if (position - sizes[0] is >= 12 and < 16) continue;
            var damaged = bytes.ToArray();
            damaged[position] ^= (byte)(1 << (position % 8));
            await File.WriteAllBytesAsync(_fixture.FirstSegment, damaged);

            var log = _fixture.Open();

            Assert.Equal(["0 value 0", "!1-2", "2 value 2"], LogFixture.Read(log));
        }
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task Rot_below_the_recovery_point_stays_and_its_neighbours_are_served(bool isClean, bool isPowerCut)
    {
        var sizes = await WriteThreeAsync(close: true);
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);
        bytes[sizes[1] - 3] ^= 0x10;
        await File.WriteAllBytesAsync(_fixture.FirstSegment, bytes);
        foreach (var seal in Directory.GetFiles(_fixture.LogDirectory, "*.seal")) File.Delete(seal);

        var log = isPowerCut ? _fixture.OpenAfterPowerCut() : _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);

        Assert.Equal(["0 value 0", "!1-2", "2 value 2"], LogFixture.Read(log));
        Assert.Equal(bytes, (await File.ReadAllBytesAsync(_fixture.FirstSegment))[..bytes.Length]);
        Assert.False(Directory.Exists(_fixture.Quarantine));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(100)]
    public async Task A_synced_file_that_lost_its_end_is_a_gap_and_the_log_goes_on_behind_it(int lost)
    {
        var sizes = await WriteThreeAsync(close: true);
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);
        await File.WriteAllBytesAsync(_fixture.FirstSegment, bytes[..^lost]);
        var kept = sizes.Count(end => end <= bytes.Length - lost);

        var log = _fixture.Open(StartKind.Unclean);
        Assert.Equal(3, await LogFixture.AppendAsync(log, "after"));
        List<string> expected = [.. Enumerable.Range(0, kept).Select(i => $"{i} value {i}"), $"!{kept}-3", "3 after"];
        Assert.Equal(expected, LogFixture.Read(log));
        Assert.True(log.CloseCleanly());

        Assert.Equal(expected, LogFixture.Read(_fixture.Open()));
    }

    [Theory]
    [MemberData(nameof(IndexDamage))]
    public async Task Indexes_are_caches(string kind, Action<string> damage)
    {
        _ = kind;
        _fixture.Configs["segment.bytes"] = "20000";
        var log = _fixture.Open();
        for (var i = 0; i < 60; i++) await LogFixture.AppendAsync(log, new string('x', 999));
        Assert.True(log.CloseCleanly());
        var expected = LogFixture.Read(_fixture.Open());
        var good = Directory.GetFiles(_fixture.LogDirectory).ToDictionary(path => path, File.ReadAllBytes);

        foreach (var suffix in (string[])[".index", ".timeindex", ".seal"])
        {
            damage(Path.ChangeExtension(_fixture.FirstSegment, suffix));
            var again = _fixture.Open();
            Assert.Equal(expected, LogFixture.Read(again));
            Assert.True(again.CloseCleanly());
            foreach (var name in good.Keys.Where(path => path.EndsWith("index", StringComparison.Ordinal)))
                Assert.Equal(good[name], (await File.ReadAllBytesAsync(name))[..good[name].Length]);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_offset_is_never_given_out_twice(bool isPowerCut)
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");
        using (var builder = new RecordBatchBuilder())
        {
            builder.Append(1_000, null, null);
            for (var i = 0; i < 5; i++) log.Append(builder.Build(), null, wait: false);
        }

        var end = log.NextOffset;
        log.Commits.Flush();
        await File.WriteAllBytesAsync(_fixture.FirstSegment, (await File.ReadAllBytesAsync(_fixture.FirstSegment))[..74]);

        for (var round = 0; round < 3; round++)
        {
            log = isPowerCut && round == 0 ? _fixture.OpenAfterPowerCut() : _fixture.Open(StartKind.Unclean);
            if (isPowerCut) Assert.True(log.NextOffset >= end);
            var next = await LogFixture.AppendAsync(log, "after");
            Assert.True(next >= 1);
            if (isPowerCut) Assert.True(next >= end);
            end = log.NextOffset;
        }
    }

    [Fact]
    public async Task Readers_at_the_end_are_not_sent_into_the_gap_that_a_power_cut_leaves()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");

        log = _fixture.OpenAfterPowerCut();

        Assert.Equal((1, LogMemory.ReservationBlock), (log.HighWatermark.Value, log.NextOffset));
        await LogFixture.AppendAsync(log, "two");
        Assert.Equal(["0 one", $"{LogMemory.ReservationBlock} two"], LogFixture.Read(log));
        Assert.True(log.CloseCleanly());
        Assert.Equal(["0 one", $"{LogMemory.ReservationBlock} two"], LogFixture.Read(_fixture.Open()));
    }

    [Fact]
    public async Task A_start_that_is_cut_off_after_a_file_was_found_lost_leaves_the_reservation()
    {
        _fixture.Configs["segment.bytes"] = "1024";
        var log = _fixture.Open();
        for (var i = 0; i < 10; i++) await LogFixture.AppendAsync(log, new string('x', 300));
        Assert.True(log.CloseCleanly());
        File.Delete(_fixture.FirstSegment);
        _fixture.Files.Fault = (call, path) => call == FileCall.SyncDirectory && path == _fixture.LogDirectory ? FaultyFileStore.IoError : 0;
        Assert.Throws<IOException>(_fixture.OpenAfterPowerCut);
        _fixture.Files.Fault = (_, _) => 0;

        log = _fixture.Open(StartKind.Unclean);

        Assert.True(log.LogStartOffset > 0);
        Assert.Equal(LogMemory.ReservationBlock, await LogFixture.AppendAsync(log, "after"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_checkpoint_whose_writer_died_before_its_sync_is_synced_before_offsets_are_given_out_on_its_word(int starts)
    {
        var log = _fixture.Open();
        var syncs = 0;
        _fixture.Files.Fault = (call, path) => call == FileCall.Sync && path.EndsWith(LogCheckpoint.FileName, StringComparison.Ordinal) && syncs++ == 0 ? FaultyFileStore.IoError : 0;
        await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "unknown"));

        for (var i = 1; i <= starts; i++)
        {
            var before = syncs;
            log = _fixture.Open(StartKind.Unclean);
            Assert.True(syncs > before, $"start {i}");
        }

        Assert.Equal(0, await LogFixture.AppendAsync(log, "zero"));
    }

    [Fact]
    public async Task A_log_start_that_outlived_its_records_is_where_readers_wait()
    {
        _fixture.Configs["durability"] = "async";
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one", "two");
        log.DeleteRecords(2);
        await File.WriteAllBytesAsync(_fixture.FirstSegment, []);

        log = _fixture.OpenAfterPowerCut();

        Assert.Equal((2, 2), (log.LogStartOffset, log.HighWatermark.Value));
        Assert.Equal(2, log.DeleteRecords(2));
    }

    private async Task<List<int>> WriteThreeAsync(bool close = false)
    {
        var log = _fixture.Open();
        var ends = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            await LogFixture.AppendAsync(log, $"value {i}");
            ends.Add((int)log.Segments.Size);
        }

        if (close) Assert.True(log.CloseCleanly());
        return ends;
    }

    private static LogFixture Copy(LogFixture source)
    {
        var copy = new LogFixture { BootId = source.BootId };
        foreach (var file in Directory.GetFiles(source.LogDirectory))
        {
            var name = Path.GetFileName(file);
            if (name is LogCheckpoint.FileName || name.EndsWith(".log", StringComparison.Ordinal))
                File.Copy(file, Path.Combine(copy.LogDirectory, name));
        }

        return copy;
    }

    private static string Second(string path) => Path.GetFileNameWithoutExtension(
        Directory.GetFiles(Path.GetDirectoryName(path)!, "*.log").Order(StringComparer.Ordinal).ElementAt(1));
}
