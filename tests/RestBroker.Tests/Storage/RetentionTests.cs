using RestBroker.Core.Topics;
using RestBroker.Storage.Cleaning;

namespace RestBroker.Tests.Storage;

public sealed class RetentionTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Old_segments_go_and_the_log_start_moves_up()
    {
        _fixture.Configs["segment.ms"] = "60000";
        _fixture.Configs["retention.ms"] = "150000";
        var log = _fixture.Open();
        for (var i = 0; i < 5; i++)
        {
            await LogFixture.AppendAsync(log, $"value {i}");
            _fixture.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(3, log.Clean());

        Assert.Equal((3, 5), (log.LogStartOffset, log.NextOffset));
        Assert.Equal(["3 value 3", "4 value 4"], LogFixture.Read(log, 3));
        Assert.Equal(2, Directory.GetFiles(_fixture.LogDirectory, "*.log").Length);
    }

    [Fact]
    public async Task A_log_whose_every_record_is_old_becomes_empty_and_keeps_its_offsets()
    {
        _fixture.Configs["retention.ms"] = "1000";
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one", "two");
        _fixture.Time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal(1, log.Clean());
        Assert.Equal((2, 2, 0), (log.LogStartOffset, log.HighWatermark.Value, log.Segments.Size));
        Assert.True(log.CloseCleanly());

        var again = _fixture.Open();
        Assert.Equal((2, 2), (again.LogStartOffset, again.NextOffset));
        Assert.Equal(2, await LogFixture.AppendAsync(again, "three"));
        Assert.Equal(["2 three"], LogFixture.Read(again, 2));
    }

    [Fact]
    public async Task An_old_log_that_is_imported_is_not_deleted_at_once()
    {
        _fixture.Configs["retention.ms"] = "1000";
        var log = _fixture.Open();

        await LogFixture.AppendAsync(log, "a record with a timestamp of 1970");

        Assert.Equal(0, log.Clean());
    }

    [Fact]
    public async Task A_reader_that_has_begun_finishes_and_the_next_is_told()
    {
        _fixture.Configs["segment.bytes"] = "1024";
        _fixture.Configs["retention.bytes"] = "0";
        var log = _fixture.Open();
        for (var i = 0; i < 20; i++) await LogFixture.AppendAsync(log, new string('x', 500));
        Assert.True(log.Segments[0].File.TryRent(out var lease));

        using (lease)
        {
            Assert.True(log.Clean() > 10);
            Assert.True(_fixture.Files.Length(lease.Handle) > 500);
        }

        Assert.Equal(Core.Errors.BrokerError.OffsetTrimmed, log.Read(0, 1000).Error);
    }

    [Fact]
    public async Task Segments_below_deleted_records_go()
    {
        _fixture.Configs["segment.bytes"] = "1024";
        _fixture.Configs["retention.ms"] = "-1";
        var log = _fixture.Open();
        for (var i = 0; i < 20; i++) await LogFixture.AppendAsync(log, new string('x', 500));

        log.DeleteRecords(9);
        var deleted = log.Clean();

        Assert.True(deleted > 0);
        Assert.True(log.Segments[0].BaseOffset <= 9 && log.Segments[0].NextOffset > 9);
        Assert.Equal(9, log.LogStartOffset);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_the_clocks_say_no_record_goes_early(int seed)
    {
        var random = new Random(seed);
        _fixture.Configs["segment.bytes"] = "1024";
        _fixture.Configs["retention.ms"] = "100000";
        var log = _fixture.Open();
        var appendedAt = new List<DateTimeOffset>();

        for (var step = 0; step < 300; step++)
        {
            if (random.Next(3) > 0)
            {
                await LogFixture.AppendAsync(log, new string('x', random.Next(400)));
                appendedAt.Add(_fixture.Time.GetUtcNow());
            }

            _fixture.Time.Advance(TimeSpan.FromSeconds(random.Next(30)));
            log.Clean();
            if (random.Next(20) == 0)
            {
                Assert.True(log.CloseCleanly());
                log = _fixture.Open();
            }

            var tooEarly = appendedAt.Take((int)log.LogStartOffset).Where(at => _fixture.Time.GetUtcNow() - at <= TimeSpan.FromSeconds(100));
            Assert.Empty(tooEarly);
            Assert.Equal(appendedAt.Count, log.NextOffset);
        }

        Assert.True(log.LogStartOffset > 0);
    }

    [Fact]
    public async Task A_clock_that_is_set_ahead_by_years_deletes_nothing_until_the_time_has_truly_gone_by()
    {
        var clock = new JumpingClock();
        _fixture.Clock = clock;
        _fixture.Configs["retention.ms"] = "86400000";
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "one");

        clock.Skew = TimeSpan.FromDays(10_000);
        Assert.Equal(0, log.Clean());
        Assert.True(log.CloseCleanly());
        clock.Skew = TimeSpan.FromDays(-10_000);
        log = _fixture.Open();
        Assert.Equal(0, log.Clean());

        clock.Skew = TimeSpan.Zero;
        clock.Elapsed += TimeSpan.FromDays(1.5);
        Assert.Equal(1, log.Clean());
    }

    [Fact]
    public void Compacted_topics_lose_nothing_to_age()
    {
        using var segments = new LogFixture();
        var segment = new RestBroker.Storage.Log.LogSegment(segments.LogDirectory, 0, new RestBroker.Storage.Files.OpenSegments(segments.Files, 1));
        var config = TopicConfig.Parse(new Dictionary<string, string> { ["cleanup.policy"] = "compact", ["retention.ms"] = "1" });

        Assert.False(Retention.HasExpired(segment, config, new ClockReading(long.MaxValue / 2, long.MaxValue / 2)));
    }
}
