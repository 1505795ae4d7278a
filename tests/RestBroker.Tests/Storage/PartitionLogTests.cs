using RestBroker.Core.Errors;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

public sealed class PartitionLogTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(1 << 20)]
    public async Task Reading_goes_on_from_segment_to_segment(int maxBytes)
    {
        _fixture.Configs["segment.bytes"] = "1024";
        var log = _fixture.Open();
        for (var i = 0; i < 100; i++) await LogFixture.AppendAsync(log, $"a{i}", $"b{i}");

        Assert.True(log.Segments.Count > 5);
        Assert.Equal(Expected(0, 200), LogFixture.Read(log, 0, maxBytes));
        Assert.Equal(Expected(77, 200), LogFixture.Read(log, 77, maxBytes));
        Assert.True(log.CloseCleanly());

        var again = _fixture.Open();
        Assert.Equal(0, _fixture.Report.ScannedBytes);
        Assert.Equal(Expected(0, 200), LogFixture.Read(again, 0, maxBytes));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(262_060)] // the headers of the batches lie about where a piece ends
    [InlineData(700_000)] // a batch has several pieces
    public async Task A_long_read_goes_over_many_pieces_and_stops_before_damage(int valueSize)
    {
        var log = _fixture.Open();
        for (var i = 0; i < 8; i++) await LogFixture.AppendAsync(log, new string((char)('a' + i), valueSize));
        List<string> all = [.. Enumerable.Range(0, 8).Select(i => $"{i} {new string((char)('a' + i), valueSize)}")];

        Assert.Equal(all, LogFixture.Read(log, maxBytes: 16 << 20));
        var (_, whole) = log.Read(0, 16 << 20);
        Assert.Equal(new FileInfo(_fixture.FirstSegment).Length, whole.Count);
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);
        bytes[(bytes.Length / 8 * 5) + 1_000] ^= 1;
        await File.WriteAllBytesAsync(_fixture.FirstSegment, bytes);
        all[5] = "!5-6";
        Assert.Equal(all, LogFixture.Read(log, maxBytes: 16 << 20));
    }

    [Fact]
    public async Task A_segment_is_closed_when_its_first_record_is_of_age()
    {
        _fixture.Configs["segment.ms"] = "60000";
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");
        _fixture.Time.Advance(TimeSpan.FromSeconds(59));
        await LogFixture.AppendAsync(log, "two");
        Assert.Equal(1, log.Segments.Count);

        _fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await LogFixture.AppendAsync(log, "three");

        Assert.Equal([0, 2], log.Segments.All.ToArray().Select(segment => segment.BaseOffset));
    }

    [Fact]
    public async Task A_batch_larger_than_a_segment_gets_one_of_its_own()
    {
        _fixture.Configs["segment.bytes"] = "1024";
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "small");
        await LogFixture.AppendAsync(log, new string('x', 5_000));
        await LogFixture.AppendAsync(log, "small");

        Assert.Equal(3, log.Segments.Count);
        Assert.Equal(["0 small", $"1 {new string('x', 5_000)}", "2 small"], LogFixture.Read(log));
    }

    [Fact]
    public async Task Records_are_hidden_until_they_are_synced()
    {
        var syncing = new ManualResetEventSlim();
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");
        _fixture.Files.Fault = (call, path) =>
        {
            if (call == FileCall.Sync && path.EndsWith(".log", StringComparison.Ordinal)) syncing.Wait();
            return 0;
        };

        var append = LogFixture.AppendAsync(log, "two");
        Assert.Equal((1, 2), (log.HighWatermark.Value, log.NextOffset));
        Assert.Equal(["0 one"], LogFixture.Read(log));
        syncing.Set();
        await append;

        Assert.Equal(["0 one", "1 two"], LogFixture.Read(log));
    }

    [Fact]
    public async Task A_failed_sync_poisons_the_log_and_acknowledges_nothing()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");
        _fixture.Files.Fault = (call, path) => call == FileCall.Sync && path.EndsWith(".log", StringComparison.Ordinal) ? FaultyFileStore.IoError : 0;

        var failed = await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "two"));
        _fixture.Files.Fault = (_, _) => 0;
        var refused = await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "three"));

        Assert.Equal((BrokerError.StorageFailed, SideEffects.Possible), (failed.Error, failed.SideEffects));
        Assert.Equal((BrokerError.StorageFailed, SideEffects.None), (refused.Error, refused.SideEffects));
        Assert.False(log.IsHealthy);
        Assert.Equal(["0 one"], LogFixture.Read(log));
        Assert.False(log.CloseCleanly());
    }

    [Fact]
    public async Task A_failed_write_poisons_the_log_and_the_restart_cuts_what_it_left()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");
        _fixture.Files.Fault = (call, _) => call == FileCall.Write ? FaultyFileStore.IoError : 0;
        await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "two"));
        _fixture.Files.Fault = (_, _) => 0;
        Assert.False(log.IsHealthy);
        Assert.False(log.CloseCleanly());

        var again = _fixture.Open(StartKind.Unclean);

        Assert.Equal(["0 one"], LogFixture.Read(again));
        Assert.NotEmpty(Directory.GetFiles(_fixture.Quarantine));
        Assert.Equal(1, await LogFixture.AppendAsync(again, "two"));
    }

    [Fact]
    public async Task A_full_disk_refuses_and_heals_by_itself()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");
        _fixture.Files.Fault = (call, _) => call == FileCall.Write ? FaultyFileStore.NoSpace : 0;
        var full = await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, "two"));
        _fixture.Files.Fault = (_, _) => 0;

        Assert.Equal((BrokerError.DiskFull, SideEffects.None), (full.Error, full.SideEffects));
        Assert.True(log.IsHealthy);
        Assert.Equal(1, await LogFixture.AppendAsync(log, "two"));
        Assert.True(log.CloseCleanly());
        Assert.Equal(["0 one", "1 two"], LogFixture.Read(_fixture.Open()));
    }

    [Fact]
    public async Task A_batch_that_is_written_in_pieces_leaves_none_of_them_where_the_third_finds_no_room()
    {
        var log = _fixture.Open();
        var many = new string('m', 1 << 20);
        await LogFixture.AppendAsync(log, "one");
        var writes = 0;
        _fixture.Files.Fault = (call, _) => call == FileCall.Write && ++writes == 3 ? FaultyFileStore.NoSpace : 0;
        await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, many));

        Assert.Equal(log.Segments.Last!.Size, new FileInfo(_fixture.FirstSegment).Length);
        Assert.Equal(1, await LogFixture.AppendAsync(log, many));
        Assert.Equal(3 + 17, writes); // a MiB and the frame around it
        Assert.True(log.CloseCleanly());
        Assert.Equal(["0 one", $"1 {many}"], LogFixture.Read(_fixture.Open(), maxBytes: 2 << 20));
    }

    [Fact]
    public async Task A_producer_that_gives_up_does_not_stop_the_write()
    {
        var log = _fixture.Open();
        using var builder = new Core.Records.RecordBatchBuilder();
        builder.Append(1_000, null, "one"u8.ToArray());
        var (_, committed) = log.Append(builder.Build(), null, wait: true);
        using var cancellation = new CancellationTokenSource();

        var waiting = committed.WaitAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await committed;

        Assert.True(waiting.IsCanceled || waiting.IsCompletedSuccessfully);
        Assert.Equal(["0 one"], LogFixture.Read(log));
    }

    internal static IEnumerable<string> Expected(int from, int to) =>
        Enumerable.Range(from, to - from).Select(i => $"{i} {(i % 2 == 0 ? 'a' : 'b')}{i / 2}");
}
