using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

/// <summary>Damage in a file that others lie behind: it takes nothing with it.</summary>
public sealed class ClosedSegmentDamageTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public ClosedSegmentDamageTests() => _fixture.Configs["segment.bytes"] = "1024";

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData("cut", true)]
    [InlineData("cut", false)]
    [InlineData("flipped", true)]
    [InlineData("flipped", false)]
    public async Task A_closed_segment_that_ends_in_damage_loses_that_and_nothing_behind_it(string kind, bool isClean)
    {
        var all = await WriteSixtyAsync(close: isClean);
        var (path, end) = Second();
        var bytes = await File.ReadAllBytesAsync(path);
        if (kind == "cut") bytes = bytes[..^10];
        else bytes[^5] ^= 0xff;
        await File.WriteAllBytesAsync(path, bytes);
        File.Delete(Path.ChangeExtension(path, ".seal"));
        List<string> expected = [.. all[..(end - 1)], $"!{end - 1}-{end}", .. all[end..]];

        var log = _fixture.Open(isClean ? StartKind.Clean : StartKind.Unclean);

        Assert.Equal(expected, LogFixture.Read(log));
        Assert.False(Directory.Exists(_fixture.Quarantine));
        Assert.Equal(60, await LogFixture.AppendAsync(log, "after"));
        Assert.True(log.CloseCleanly());
        DeleteCaches();
        Assert.Equal([.. expected, "60 after"], LogFixture.Read(_fixture.Open()));
    }

    [Theory]
    [InlineData("clean")]
    [InlineData("death")]
    [InlineData("power cut")]
    public async Task Junk_behind_a_whole_closed_segment_is_put_aside_and_nothing_is_lost(string stop)
    {
        var all = await WriteSixtyAsync(close: stop == "clean");
        var (path, _) = Second();
        var bytes = await File.ReadAllBytesAsync(path);
        await File.WriteAllBytesAsync(path, [.. bytes, .. bytes[..50]]);

        var log = stop switch
        {
            "clean" => _fixture.Open(),
            "death" => _fixture.Open(StartKind.Unclean),
            _ => _fixture.OpenAfterPowerCut(),
        };

        Assert.Equal(all, LogFixture.Read(log));
        Assert.Equal(50, _fixture.Report.QuarantinedBytes);
        Assert.Empty(_fixture.Report.Damaged);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task After_a_power_cut_what_a_later_seal_proves_synced_is_not_taken_for_torn()
    {
        var all = await WriteSixtyAsync(close: false);
        var (path, end) = Second();
        await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..^10]);

        var log = _fixture.OpenAfterPowerCut();

        Assert.Equal([.. all[..(end - 1)], $"!{end - 1}-{end}", .. all[end..]], LogFixture.Read(log));
    }

    [Fact]
    public async Task A_file_of_junk_with_a_segments_name_costs_nothing()
    {
        var all = await WriteSixtyAsync(close: true);
        await File.WriteAllBytesAsync(Path.Combine(_fixture.LogDirectory, $"{3:D20}.log"), new byte[500]);

        Assert.Equal(all, LogFixture.Read(_fixture.Open()));
        Assert.Equal(500, _fixture.Report.QuarantinedBytes);
    }

    [Fact]
    public async Task Junk_behind_a_log_that_was_closed_in_order_is_put_aside_and_the_log_goes_on()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 3; i++) await LogFixture.AppendAsync(log, "value");
        Assert.True(log.CloseCleanly());
        var bytes = await File.ReadAllBytesAsync(_fixture.FirstSegment);
        await File.WriteAllBytesAsync(_fixture.FirstSegment, [.. bytes, .. bytes[..50]]);

        log = _fixture.Open();
        Assert.Equal((50, 0), (_fixture.Report.QuarantinedBytes, _fixture.Report.Damaged.Count));
        Assert.Equal(3, await LogFixture.AppendAsync(log, "acked1"));
        Assert.Equal(4, await LogFixture.AppendAsync(log, "acked2"));
        Assert.True(log.CloseCleanly());
        DeleteCaches();

        Assert.Equal(["0 value", "1 value", "2 value", "3 acked1", "4 acked2"], LogFixture.Read(_fixture.Open()));
    }

    [Fact]
    public async Task Without_a_checkpoint_bytes_that_cannot_be_read_stay_and_the_records_behind_them_too()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "value");
        Assert.True(log.CloseCleanly());
        await File.AppendAllTextAsync(_fixture.FirstSegment, new string('x', 50));
        File.Delete(Path.Combine(_fixture.LogDirectory, LogCheckpoint.FileName));

        log = _fixture.Open();
        Assert.Equal(1, await LogFixture.AppendAsync(log, "acked"));
        Assert.True(log.CloseCleanly());
        DeleteCaches();

        Assert.Equal(["0 value", "1 acked"], LogFixture.Read(_fixture.Open()));
    }

    [Fact]
    public async Task A_synced_file_that_lost_whole_batches_at_its_end_is_a_gap_too()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "zero");
        var size = (int)log.Segments.Size;
        await LogFixture.AppendAsync(log, "one");
        Assert.True(log.CloseCleanly());
        await File.WriteAllBytesAsync(_fixture.FirstSegment, (await File.ReadAllBytesAsync(_fixture.FirstSegment))[..size]);

        log = _fixture.Open();

        Assert.Equal(2, await LogFixture.AppendAsync(log, "after"));
        Assert.Equal(["0 zero", "!1-2", "2 after"], LogFixture.Read(log));
    }

    private async Task<List<string>> WriteSixtyAsync(bool close)
    {
        var log = _fixture.Open();
        for (var i = 0; i < 60; i++) await LogFixture.AppendAsync(log, $"record {i} xxxxxxxxxxxxxxxxxxxxxxxxxxx");
        if (close) Assert.True(log.CloseCleanly());
        return LogFixture.Read(close ? _fixture.Open() : log);
    }

    private (string Path, int End) Second()
    {
        var paths = Directory.GetFiles(_fixture.LogDirectory, "*.log").Order(StringComparer.Ordinal).ToArray();
        Assert.True(paths.Length > 3);
        return (paths[1], int.Parse(Path.GetFileNameWithoutExtension(paths[2]), System.Globalization.CultureInfo.InvariantCulture));
    }

    private void DeleteCaches()
    {
        foreach (var path in Directory.GetFiles(_fixture.LogDirectory))
        {
            if (Path.GetExtension(path) is ".index" or ".timeindex" or ".seal") File.Delete(path);
        }
    }
}
