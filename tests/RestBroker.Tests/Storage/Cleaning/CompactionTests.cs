using RestBroker.Core.Records;

namespace RestBroker.Tests.Storage;

public sealed class CompactionTests : IDisposable
{
    private readonly KeyedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Fact]
    public async Task The_last_record_of_each_key_stays_where_it_was()
    {
        await _log.AppendAsync("a=1", "b=1", "c=1");
        await _log.AppendAsync("a=2");
        await _log.AppendAsync("d=1", "b=2");
        _log.Roll();
        await _log.AppendAsync("a=3");

        Assert.Equal(6, _log.Compact()!.Value.End);
        Assert.Null(_log.Compact());

        Assert.Equal("2 c=1, 3 a=2, 4 d=1, 5 b=2, 6 a=3", Text(_log.Read()));
        Assert.Equal((0, 7, 7), (_log.Log.LogStartOffset, _log.Log.HighWatermark.Value, _log.Log.NextOffset));
        _log.Restart();
        Assert.Equal("2 c=1, 3 a=2, 4 d=1, 5 b=2, 6 a=3", Text(_log.Read()));
    }

    [Fact]
    public async Task A_reader_at_an_offset_that_is_gone_goes_on_at_the_next_one()
    {
        for (var i = 0; i < 30; i++) await _log.AppendAsync($"a={i}", $"b{i}={i}");
        _log.Roll();
        _log.Compact();
        var all = _log.Read();

        for (var offset = 0; offset <= 60; offset++)
        {
            Assert.Equal(all.Where(entry => entry.Offset >= offset), _log.Read(offset));
            Assert.Equal(all.Where(entry => entry.Offset >= offset), _log.Read(offset, maxBytes: 1));
        }
    }

    [Fact]
    public async Task Small_segments_become_one_and_their_files_go()
    {
        _log.Set("segment.bytes", "2000");
        for (var i = 0; i < 60; i++) await _log.AppendAsync($"key{i % 7}={new string('x', 200)}{i}");
        _log.Roll();
        var before = _log.LogFiles.Count();

        for (var run = 0; run < 4; run++)
        {
            _log.Compact();
            await _log.AppendAsync($"key{run}=again");
            _log.Roll();
        }

        Assert.True(before > 5);
        Assert.InRange(_log.LogFiles.Count(), 1, 3);
        Assert.Equal(64, _log.Log.NextOffset);
        Assert.All(_log.Files, name => Assert.Matches(@"^(\d{20}\.(log|index|timeindex|seal|snapshot)|checkpoint|cleaner)$", name));
    }

    [Fact]
    public async Task What_was_compacted_has_no_holes_on_the_disk()
    {
        await _log.AppendAsync("a=1");
        await _log.AppendAsync(CompressionType.None, 7, "a=2", "b=1");
        await _log.AppendAsync(CompressionType.None, 8, "a=3");
        await _log.AppendAsync("a=4");
        await _log.AppendAsync("a=5", "c=1");
        await _log.AppendAsync("a=6");
        _log.ForgetProducers();
        _log.Roll();
        _log.Compact();

        var batches = _log.Batches();

        Assert.Equal("2 b=1, 6 c=1, 7 a=6", Text(_log.Read()));
        Assert.Equal([0, 1, 3, 5, 7], batches.Select(batch => batch.BaseOffset));
        Assert.Equal([1L, 3, 5, 7, 8], batches.Select(batch => batch.NextOffset));
        Assert.Equal([0, 1, 0, 1, 1], batches.Select(batch => batch.RecordCount));
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task A_batch_that_loses_records_keeps_its_place_its_codec_and_its_producer(CompressionType codec)
    {
        var written = await _log.AppendAsync(codec, 7, "a=1", "b=1", "c=1");
        await _log.AppendAsync("a=2", "c=2");
        _log.ForgetProducers();
        _log.Roll();
        _log.Compact();

        var batch = _log.Batches()[0];

        Assert.Equal((0L, 2, 1, codec), (batch.BaseOffset, batch.LastOffsetDelta, batch.RecordCount, batch.Compression));
        Assert.Equal((7L, (short)0, 0, 1_001L), (batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence, batch.MaxTimestamp));
        Assert.Equal(written[1], _log.Read()[0]);
    }

    [Fact]
    public async Task A_tombstone_stays_for_its_time_and_then_goes_with_what_it_deleted()
    {
        _log.Set("delete.retention.ms", "60000");
        await _log.AppendAsync("a=1", "b=1");
        await _log.AppendAsync("a=");
        _log.Roll();
        _log.Compact();
        Assert.Equal("1 b=1, 2 a=-", Text(_log.Read()));
        Assert.Equal(1_000, _log.Read()[1].Timestamp);

        await CompactAfterAsync(TimeSpan.FromSeconds(59), "c=1");
        Assert.Equal("1 b=1, 2 a=-, 3 c=1", Text(_log.Read()));
        _log.Restart();
        await CompactAfterAsync(TimeSpan.FromSeconds(1), "c=2");

        Assert.Equal("1 b=1, 4 c=2", Text(_log.Read()));
        Assert.Equal(5, _log.Log.NextOffset);
    }

    [Fact]
    public async Task Young_records_are_left_alone()
    {
        _log.Set("min.compaction.lag.ms", "60000");
        await _log.AppendAsync("a=1");
        await _log.AppendAsync("a=2");
        _log.Roll();
        Assert.Null(_log.Compact());

        _log.Fixture.Time.Advance(TimeSpan.FromSeconds(61));
        await _log.AppendAsync("a=3");
        _log.Roll();

        Assert.Equal(2, _log.Compact()!.Value.End);
        Assert.Equal("1 a=2, 2 a=3", Text(_log.Read()));
    }

    [Fact]
    public async Task A_log_is_compacted_once_enough_of_it_is_dirty()
    {
        _log.Set("min.cleanable.dirty.ratio", "0.4");
        for (var i = 0; i < 40; i++) await _log.AppendAsync($"key{i}={new string('x', 100)}");
        _log.Roll();
        Assert.Equal(40, _log.Compact()!.Value.End);
        _log.Restart();

        for (var i = 0; i < 10; i++) await _log.AppendAsync($"key{i}={new string('y', 100)}");
        _log.Roll();
        Assert.Null(_log.Compact());
        Assert.InRange(_log.Log.Cleaner.Status!.DirtyRatio, 0.1, 0.3);
        for (var i = 0; i < 30; i++) await _log.AppendAsync($"key{i}={new string('z', 100)}");
        _log.Roll();

        Assert.Equal(80, _log.Compact()!.Value.End);
        Assert.Equal(40, _log.Read().Count);
        Assert.Equal(0, _log.Log.Cleaner.Status!.DirtyRatio);
    }

    [Fact]
    public async Task A_restart_remembers_what_was_compacted()
    {
        Assert.Null(_log.Log.Cleaner.Status);
        await _log.AppendAsync("a=1");
        await _log.AppendAsync("a=2");
        _log.Roll();
        _log.Compact();
        var status = _log.Log.Cleaner.Status;
        Assert.True(status!.ReclaimedBytes > 0);

        _log.Restart();

        Assert.Equal(status, _log.Log.Cleaner.Status);
        Assert.Equal(0, _log.Log.Cleaner.Urgency);
        File.Delete(Path.Combine(_log.Fixture.LogDirectory, "cleaner"));
        _log.Restart();
        _log.Roll();
        Assert.Equal(1, _log.Log.Cleaner.Urgency);
        Assert.Equal(0, _log.Compact()!.Value.RemovedRecords);
    }

    [Fact]
    public async Task More_keys_than_the_memory_holds_take_several_runs()
    {
        var few = 64;
        _log.Set("durability", "async");
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 3_000; i += few) await _log.AppendAsync([.. Enumerable.Range(i, few).Select(key => $"key{key}={round}")]);
        }

        _log.Roll();
        _log.Log.Commits.Flush();
        var ends = new List<long>();
        while (_log.Compact(buffer: 1) is { } result) ends.Add(result.End);

        Assert.InRange(ends.Count, 6, 12);
        Assert.Equal(ends.Order(), ends);
        Assert.Equal(3_008 * 2, ends[^1]);
        Assert.All(_log.Read().GroupBy(entry => entry.Key), versions => Assert.Equal("1", versions.Last().Value));
    }

    [Fact]
    public async Task Records_without_a_key_from_before_the_topic_was_compacted_stay()
    {
        await _log.AppendAsync("=one", "a=1");
        await _log.AppendAsync("=two", "a=2");
        _log.Roll();
        _log.Compact();

        Assert.Equal("0 -=one, 2 -=two, 3 a=2", Text(_log.Read()));
    }

    [Fact]
    public async Task Deleted_records_and_retention_go_on_in_a_topic_that_is_compacted_and_deleted()
    {
        _log.Set("cleanup.policy", "compact,delete");
        _log.Set("retention.ms", "60000");
        await _log.AppendAsync("a=1");
        await _log.AppendAsync("a=2", "b=1");
        _log.Roll();
        _log.Compact();
        _log.Fixture.Time.Advance(TimeSpan.FromSeconds(30));
        await _log.AppendAsync("c=1");
        _log.Roll();
        _log.Fixture.Time.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal(1, _log.Log.Clean());

        Assert.Equal(3, _log.Log.LogStartOffset);
        Assert.Equal("3 c=1", Text(_log.Read(3)));
    }

    private async Task CompactAfterAsync(TimeSpan time, string record)
    {
        _log.Fixture.Time.Advance(time);
        await _log.AppendAsync(record);
        _log.Roll();
        Assert.NotNull(_log.Compact());
    }

    private static string Text(IEnumerable<Entry> entries) => string.Join(", ", entries);
}
