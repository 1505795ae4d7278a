using RestBroker.Core.Engine;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Storage;

/// <summary>Rot and compaction: what cannot be read is told of, and is not cleaned away.</summary>
public sealed class CompactionDamageTests : IDisposable
{
    private readonly KeyedLog _log = new();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_bit_that_flips_in_a_compacted_segment_hides_its_batch_and_no_other(bool isSealed)
    {
        await _log.AppendAsync("a=1");
        await _log.AppendAsync(CompressionType.None, 7, "a=2", "b=1");
        await _log.AppendAsync(CompressionType.None, 7, "c=1");
        await _log.AppendAsync("c=2", "d=1");
        await _log.AppendAsync("d=2");
        await _log.AppendAsync("a=3");
        _log.ForgetProducers();
        _log.Roll();
        _log.Compact();
        Assert.Equal("2 b=1, 4 c=2, 6 d=2, 7 a=3", string.Join(", ", _log.Read()));
        Assert.True(_log.Log.CloseCleanly());
        var (path, bytes) = (_log.Fixture.FirstSegment, await File.ReadAllBytesAsync(_log.Fixture.FirstSegment));
        if (!isSealed) File.Delete(Path.ChangeExtension(path, ".seal"));

        var start = 0;
        foreach (var batch in _log.Batches())
        {
            for (var position = start; position < start + batch.Size; position++)
            {
                // The leader epoch is neither in the checksum nor shown to anybody.
                if (position - start is >= 12 and < 16) continue;
                var damaged = bytes.ToArray();
                damaged[position] ^= (byte)(1 << (position % 8));
                await File.WriteAllBytesAsync(path, damaged);

                var found = LogFixture.Read(_log.Fixture.Open());

                string[] expected = ["2 1", "4 2", "6 2", "7 3"];
                List<string> kept = [.. expected.Where(line => !IsIn(line, batch)), $"!{batch.BaseOffset}-{batch.NextOffset}"];
                Assert.Equal(kept.Order(StringComparer.Ordinal), found.Order(StringComparer.Ordinal));
            }

            start += batch.Size;
        }

        static bool IsIn(string line, RecordBatch batch) =>
            line[0] - '0' >= batch.BaseOffset && line[0] - '0' < batch.NextOffset;
    }

    [Fact]
    public async Task A_segment_that_is_damaged_stays_as_it_is_and_so_do_the_tombstones_behind_it()
    {
        _log.Set("delete.retention.ms", "0");
        await _log.AppendAsync("z=1", "y=1");
        await _log.AppendAsync("z=2");
        await WriteSegmentAsync("a=1", "b=1");
        await WriteSegmentAsync("c=1");
        await WriteSegmentAsync("a=", "z=", "y=2");
        await WriteSegmentAsync("b=2");
        var second = Path.Combine(_log.Fixture.LogDirectory, _log.LogFiles.ElementAt(1));
        var bytes = await File.ReadAllBytesAsync(second);
        bytes[^5] ^= 0x10;
        await File.WriteAllBytesAsync(second, bytes);

        var result = _log.Compact();
        _log.Fixture.Time.Advance(TimeSpan.FromDays(1));
        await WriteSegmentAsync("e=1");
        _log.Compact();

        Assert.Equal(1, result!.Value.SkippedSegments);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(second));
        foreach (var _ in (int[])[1, 2])
        {
            List<OffsetRange> gaps = [];
            var found = _log.Read(gaps: gaps).Where(entry => entry.Key != "filler");
            Assert.Equal("6 c=1, 8 a=-, 9 z=-, 10 y=2, 12 b=2, 14 e=1", string.Join(", ", found));
            Assert.Equal([new OffsetRange(3, 6)], gaps);
            _log.Restart();
        }
    }

    [Fact]
    public async Task A_disk_that_cannot_be_read_costs_nothing()
    {
        for (var i = 0; i < 10; i++) await _log.AppendAsync($"a={i} {new string('x', 300)}");
        _log.Roll();
        var all = _log.Read();
        _log.Fixture.Files.Fault = (call, path) =>
            call == FileCall.Read && path.EndsWith(_log.LogFiles.ElementAt(1), StringComparison.Ordinal) ? FaultyFileStore.IoError : 0;

        Assert.Throws<IOException>(() => _log.Compact());
        _log.Fixture.Files.Fault = (_, _) => 0;

        Assert.Equal(all, _log.Read());
        _log.Compact();
        Assert.Equal(all[^1..], _log.Read());
    }

    private async Task WriteSegmentAsync(params string[] records)
    {
        await _log.AppendAsync([.. records, $"filler={new string('x', 900)}"]);
        _log.Roll();
    }
}
