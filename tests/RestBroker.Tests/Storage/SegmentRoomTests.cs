using RestBroker.Core.Errors;
using RestBroker.Storage;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

/// <summary>Room ahead of a segment's end makes syncs short, and is never taken for records that were lost, nor they for it.</summary>
public sealed class SegmentRoomTests : IDisposable
{
    private readonly LogFixture _fixture = new();
    private readonly List<string> _values = [];

    public void Dispose() => _fixture.Dispose();

    private long FileSize => new FileInfo(_fixture.FirstSegment).Length;

    [Fact]
    public async Task A_record_that_is_written_into_room_does_not_change_the_files_size()
    {
        var log = await WriteAsync(10);
        var (before, end) = (FileSize, (int)log.Segments.Size);

        await AppendAsync(log);

        Assert.True(log.Segments.Size > end);
        Assert.Equal(before, FileSize);
        Assert.All((await File.ReadAllBytesAsync(_fixture.FirstSegment))[(int)log.Segments.Size..], value => Assert.Equal(0, value));
        Assert.Equal(_values, LogFixture.Read(log));
    }

    [Fact]
    public async Task A_segment_has_at_most_as_much_room_as_it_holds_and_at_most_what_the_option_says()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 300; i++)
        {
            await AppendAsync(log);
            Assert.InRange(FileSize - log.Segments.Size, 0, Math.Min(log.Segments.Size, LogConfig.DefaultPreallocateBytes));
        }

        Assert.True(FileSize >= LogConfig.DefaultPreallocateBytes * 2);
    }

    [Theory]
    [InlineData("async", 1000)]
    [InlineData("fsync", SegmentRoom.LargestBatch)]
    public async Task Nothing_is_written_twice_where_nobody_waits_for_the_sync_or_records_are_large(string durability, int size)
    {
        _fixture.Configs["durability"] = durability;

        var log = await WriteAsync(10, size);

        Assert.Equal(log.Segments.Size, FileSize);
    }

    [Fact]
    public async Task Room_ends_where_the_segment_must()
    {
        _fixture.Configs["segment.bytes"] = "12000";

        var log = await WriteAsync(20);

        Assert.Equal(2, log.Segments.Count);
        Assert.Equal(12_000, new FileInfo(log.Segments.Last!.File.Path).Length);
    }

    [Fact]
    public async Task A_segment_that_takes_no_more_gives_its_room_back()
    {
        var log = await WriteAsync(10);
        _fixture.Time.Advance(log.Config.SegmentAge);

        log.Upkeep.CloseOld();

        Assert.Equal(log.Segments.Size, FileSize);
    }

    [Fact]
    public async Task A_stop_in_order_gives_the_room_back()
    {
        var log = await WriteAsync(10);

        Assert.True(log.CloseCleanly());

        Assert.Equal(log.Segments.Size, FileSize);
        Assert.Equal(_values, LogFixture.Read(_fixture.Open()));
        Assert.Equal(0, _fixture.Report.ScannedBytes);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_start_that_finds_room_cuts_it_off_and_puts_nothing_aside(bool isPowerCut, bool hasCheckpoint)
    {
        var log = await WriteAsync(10);
        if (!hasCheckpoint) File.Delete(Path.Combine(_fixture.LogDirectory, LogCheckpoint.FileName));
        var (size, next) = (log.Segments.Size, log.NextOffset);
        Assert.True(FileSize > size);

        log = isPowerCut ? _fixture.OpenAfterPowerCut() : _fixture.Open(StartKind.Unclean);

        Assert.Equal(size, FileSize);
        Assert.False(_fixture.Report.NeededWork);
        Assert.Equal(_values, LogFixture.Read(log));
        if (hasCheckpoint && !isPowerCut) Assert.Equal(next, await LogFixture.AppendAsync(log, "after"));
    }

    // None is left where a start has cut it and was killed before its sync.
    [Theory]
    [InlineData(500)]
    [InlineData(0)]
    public async Task After_an_unclean_stop_the_cut_is_on_the_disk_before_the_log_goes_on_at_a_reservation_behind_it(int room)
    {
        Assert.True((await WriteAsync(10)).CloseCleanly());
        await File.AppendAllBytesAsync(_fixture.FirstSegment, new byte[room]);
        var calls = new List<FileCall>();
        _fixture.Files.Fault = (call, path) =>
        {
            if (path == _fixture.FirstSegment) calls.Add(call);
            return 0;
        };

        var log = _fixture.OpenAfterPowerCut();

        Assert.Equal(room > 0, calls.Contains(FileCall.Truncate));
        Assert.True(calls.LastIndexOf(FileCall.Sync) > calls.LastIndexOf(FileCall.Truncate));
        Assert.Equal(LogMemory.ReservationBlock, await LogFixture.AppendAsync(log, "after"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_batch_that_was_cut_in_the_middle_of_its_room_is_put_aside(bool isPowerCut)
    {
        var log = await WriteAsync(10);
        var end = (int)log.Segments.Size;
        await LogFixture.AppendAsync(log, "torn");
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);
        bytes.AsSpan(end + 40, 100).Clear();
        await File.WriteAllBytesAsync(_fixture.FirstSegment, bytes);

        log = isPowerCut ? _fixture.OpenAfterPowerCut() : _fixture.Open(StartKind.Unclean);

        Assert.Equal(bytes.Length - end, _fixture.Report.QuarantinedBytes);
        Assert.Equal(end, FileSize);
        Assert.Equal(_values, LogFixture.Read(log));
    }

    [Theory]
    [InlineData(StartKind.Clean)]
    [InlineData(StartKind.Unclean)]
    public async Task More_zeros_than_room_can_be_are_put_aside(object start)
    {
        var log = await WriteAsync(10);
        Assert.True(log.CloseCleanly());
        await File.AppendAllBytesAsync(_fixture.FirstSegment, new byte[SegmentRoom.LargestBatch + log.Segments.Size + 1]);

        log = _fixture.Open((StartKind)start);

        Assert.Equal(SegmentRoom.LargestBatch + log.Segments.Size + 1, _fixture.Report.QuarantinedBytes);
        Assert.Equal(_values, LogFixture.Read(log));
    }

    [Theory]
    [InlineData(StartKind.Clean)]
    [InlineData(StartKind.Unclean)]
    public async Task Zeros_in_the_place_of_records_that_were_on_the_disk_are_a_gap(object start)
    {
        var log = await WriteAsync(10);
        Assert.True(log.CloseCleanly());
        var ends = await EndsAsync();
        await OverwriteAsync(from: ends[7], to: ends[^1]);
        foreach (var path in Directory.GetFiles(_fixture.LogDirectory, "*.seal")) File.Delete(path);

        log = _fixture.Open((StartKind)start);

        Assert.Equal([.. _values[..8], "!8-10"], LogFixture.Read(log));
        Assert.Equal(10, await LogFixture.AppendAsync(log, "after"));
        Assert.Equal(ends[^1], FileSize);
        Assert.Equal([.. _values[..8], "!8-10", "10 after"], LogFixture.Read(log));
    }

    [Fact]
    public async Task Zeros_at_the_end_of_a_closed_segment_are_a_gap_only_where_offsets_are_missing()
    {
        var log = await WriteAsync(10);
        _fixture.Time.Advance(log.Config.SegmentAge);
        await AppendAsync(log);
        Assert.True(log.CloseCleanly());
        foreach (var path in Directory.GetFiles(_fixture.LogDirectory, "*.seal")) File.Delete(path);
        var ends = await EndsAsync();
        await OverwriteAsync(from: ends[^1], to: ends[^1] + 5000);

        log = _fixture.Open(StartKind.Unclean);
        Assert.Equal((ends[^1], false), (FileSize, _fixture.Report.NeededWork));
        Assert.Equal(_values, LogFixture.Read(log));

        await OverwriteAsync(from: ends[8], to: ends[^1] + 5000);
        Assert.Equal([.. _values[..9], "!9-10", _values[10]], LogFixture.Read(_fixture.Open(StartKind.Unclean)));
    }

    [Theory]
    [InlineData(FaultyFileStore.NoSpace)]
    [InlineData(FaultyFileStore.TooLarge)]
    public async Task A_record_for_which_there_is_room_only_without_more_ahead_is_written(int errno)
    {
        var log = await WriteAsync(4);
        var writes = 0;
        _fixture.Files.Fault = (call, path) => call == FileCall.Write && path == _fixture.FirstSegment && ++writes == 1 ? errno : 0;

        await AppendAsync(log);

        Assert.Equal((2, log.Segments.Size), (writes, FileSize));
        Assert.True(log.IsHealthy);
        Assert.Equal(_values, LogFixture.Read(_fixture.Open(StartKind.Unclean)));
    }

    [Fact]
    public async Task A_record_that_does_not_fit_on_the_disk_takes_the_room_with_it()
    {
        var log = await WriteAsync(10);
        var size = log.Segments.Size;
        _fixture.Files.Fault = (call, path) => call == FileCall.Write && path == _fixture.FirstSegment ? FaultyFileStore.NoSpace : 0;
        Assert.Equal(BrokerError.DiskFull, (await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "more"))).Error);
        Assert.Equal(size, FileSize);

        _fixture.Files.Fault = (_, _) => 0;
        await AppendAsync(log);

        Assert.True(FileSize > log.Segments.Size);
        Assert.Equal(_values, LogFixture.Read(log));
    }

    [Fact]
    public async Task A_disk_that_fails_while_room_is_made_poisons_the_log()
    {
        var log = await WriteAsync(4);
        var writes = 0;
        _fixture.Files.Fault = (call, path) => call == FileCall.Write && path == _fixture.FirstSegment && ++writes == 1 ? FaultyFileStore.IoError : 0;

        Assert.Equal(BrokerError.StorageFailed, (await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "more"))).Error);

        Assert.Equal((1, false), (writes, log.IsHealthy));
        _fixture.Files.Fault = (_, _) => 0;
        Assert.Equal(_values, LogFixture.Read(_fixture.Open(StartKind.Unclean)));
    }

    private async Task<PartitionLog> WriteAsync(int count, int size = 1000)
    {
        var log = _fixture.Open();
        for (var i = 0; i < count; i++) await AppendAsync(log, size);
        return log;
    }

    private async Task AppendAsync(PartitionLog log, int size = 1000)
    {
        var value = new string('x', size);
        _values.Add($"{await LogFixture.AppendAsync(log, value)} {value}");
    }

    // Where each batch of the first segment ends.
    private async Task<List<int>> EndsAsync()
    {
        var rest = (await File.ReadAllBytesAsync(_fixture.FirstSegment)).AsMemory();
        var ends = new List<int>();
        while (Core.Records.RecordBatch.TryRead(rest, out var batch))
        {
            ends.Add(ends.LastOrDefault() + batch.Size);
            rest = rest[batch.Size..];
        }

        return ends;
    }

    private async Task OverwriteAsync(int from, int to)
    {
        await using var file = new FileStream(_fixture.FirstSegment, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Position = from;
        await file.WriteAsync(new byte[to - from]);
    }
}
