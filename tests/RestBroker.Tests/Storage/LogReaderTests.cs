using System.Buffers;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

/// <summary>Where a read begins, what it gives and what it looks at on the way.</summary>
public sealed class LogReaderTests(Xunit.Abstractions.ITestOutputHelper output) : IDisposable
{
    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task A_record_of_a_large_batch_is_found_by_one_read_of_that_batch_alone()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 10; i++) await LogFixture.AppendAsync(log, new string('a', 10_000), new string('b', 10_000), "c");
        var reads = 0;
        _fixture.Files.Fault = (call, _) =>
        {
            if (call == FileCall.Read) reads++;
            return 0;
        };

        // The first batch of a file has no entry, and only an entry behind another tells that there is one for each.
        for (var offset = 6; offset < 30; offset++)
        {
            reads = 0;
            Assert.Equal([(offset / 3 * 3, 3)], Read(log, offset, 1));
            Assert.Equal(1, reads);
        }
    }

    [Fact]
    public async Task Whatever_the_sizes_a_read_gives_the_batch_of_its_offset_and_as_many_more_as_it_wants()
    {
        var seed = Random.Shared.Next();
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        _fixture.Configs["segment.bytes"] = "200000";
        var log = _fixture.Open();
        var batches = new List<(long BaseOffset, int Count, int Size)>();
        for (var i = 0; i < 150; i++)
        {
            var largest = random.Next(3) switch { 0 => 100, 1 => 5_000, _ => 40_000 };
            string[] values = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => new string('x', random.Next(largest)))];
            var offset = await LogFixture.AppendAsync(log, values);
            batches.Add((offset, values.Length, Size(log, offset)));
        }

        var begins = new HashSet<long>();
        foreach (var segment in log.Segments.All) begins.Add(segment.BaseOffset);
        for (var i = 0; i < 1_000; i++)
        {
            var offset = random.NextInt64(log.NextOffset);
            var maxBytes = random.Next(random.Next(2) == 0 ? 100 : 200_000);
            var first = batches.FindLastIndex(batch => batch.BaseOffset <= offset);

            var found = Read(log, offset, maxBytes);

            Assert.Equal(batches.Skip(first).Take(found.Count).Select(batch => (batch.BaseOffset, batch.Count)), found);
            var size = batches.Skip(first).Take(found.Count).Sum(batch => batch.Size);
            Assert.True(found.Count == 1 || size <= maxBytes, $"Seed {seed}: {size} bytes at {offset}, at most {maxBytes} wanted.");
            var next = first + found.Count;
            if (next == batches.Count || begins.Contains(batches[next].BaseOffset)) continue;
            Assert.True(size + batches[next].Size > maxBytes, $"Seed {seed}: {size} bytes at {offset}, {maxBytes} wanted, and the next has {batches[next].Size}.");
        }
    }

    [Fact]
    public async Task A_small_batch_before_a_large_one_is_read_without_it()
    {
        var log = _fixture.Open();
        for (var i = 0; i < 20; i++) await LogFixture.AppendAsync(log, new string('a', i % 2 == 0 ? 100 : 4_000_000));

        for (var offset = 0; offset < 20; offset += 2)
        {
            var slice = log.Read(offset, 1).Slice;
            Assert.InRange(slice.Count, 100, 200);
            Assert.InRange(slice.Buffer!.Length, slice.Count, 512 * 1024);
            ArrayPool<byte>.Shared.Return(slice.Buffer);
        }
    }

    [Theory]
    [InlineData(1, 400)]
    [InlineData(5, 1_000)]
    [InlineData(2, 10_000)]
    public async Task What_memory_does_not_hold_is_read_only_by_who_may_wait_for_it(int records, int size)
    {
        var log = _fixture.Open();
        for (var i = 0; i < 100; i++) await LogFixture.AppendAsync(log, [.. Enumerable.Repeat(new string('a', size), records)]);
        var length = new FileInfo(_fixture.FirstSegment).Length;
        var forgotten = length / 2;
        _fixture.Files.IsForgotten = (path, position) => path == _fixture.FirstSegment && position >= forgotten;

        for (var offset = 0; offset < 100 * records; offset++)
        {
            var (error, slice) = log.Read(new ReadWish(offset, log.NextOffset, 1, MayWait: false));
            Assert.Equal(BrokerError.None, error);
            Assert.Empty(_fixture.Files.Waited);
            // Near the border it depends on how far the look ahead goes.
            if (offset < 40 * records || slice.Count > 0) Assert.Equal([(offset / records * records, records)], Batches(slice));
            else Assert.True(slice.IsOnDisk);
            if (offset > 60 * records) Assert.True(slice.IsOnDisk);
            if (slice.Buffer is { } buffer) ArrayPool<byte>.Shared.Return(buffer);

            Assert.Equal([(offset / records * records, records)], Read(log, offset, 1));
            _fixture.Files.Waited.Clear();
        }
    }

    private static int Size(PartitionLog log, long offset)
    {
        var slice = log.Read(offset, 1).Slice;
        ArrayPool<byte>.Shared.Return(slice.Buffer!);
        return slice.Count;
    }

    private static List<(long BaseOffset, int Count)> Read(PartitionLog log, long offset, int maxBytes)
    {
        var (error, slice) = log.Read(offset, maxBytes);
        Assert.Equal(BrokerError.None, error);
        var found = Batches(slice);
        ArrayPool<byte>.Shared.Return(slice.Buffer!);
        return found;
    }

    private static List<(long BaseOffset, int Count)> Batches(LogSlice slice)
    {
        var found = new List<(long, int)>();
        for (var rest = slice.Buffer.AsMemory(0, slice.Count); RecordBatch.TryRead(rest, out var batch); rest = rest[batch.Size..])
            found.Add((batch.BaseOffset, batch.RecordCount));
        return found;
    }
}
