using RestBroker.Cli.Batches;
using RestBroker.Cli.Shell;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Cli;

/// <summary>How a stream of batches is cut into requests.</summary>
public sealed class BatchChunksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1 << 20)]
    public async Task Batches_stay_whole_however_they_come(int readSize)
    {
        byte[] body = [.. BatchBroker.Batch("one"), .. BatchBroker.Batch("two", "three"), .. BatchBroker.Batch("four")];

        var chunks = await ReadAsync(new TricklingStream(body, readSize));

        Assert.Equal(body, Assert.Single(chunks));
    }

    [Fact]
    public async Task A_request_has_a_mebibyte_and_a_batch_that_is_larger_has_one_of_its_own()
    {
        var (small, large) = (BatchBroker.Batch(new string('s', 200_000)), BatchBroker.Batch(new string('l', 900_000)));
        byte[] body = [.. small, .. small, .. small, .. large, .. small];

        var chunks = await ReadAsync(new MemoryStream(body));

        Assert.Equal([small.Length * 2, small.Length, large.Length, small.Length], chunks.Select(chunk => chunk.Length));
        Assert.Equal(body, chunks.SelectMany(chunk => chunk));
    }

    [Fact]
    public async Task A_request_has_ten_thousand_records()
    {
        var batch = BatchBroker.Batch([.. Enumerable.Repeat("x", 4_000)]);

        var chunks = await ReadAsync(new MemoryStream([.. batch, .. batch, .. batch]));

        Assert.Equal([batch.Length * 2, batch.Length], chunks.Select(chunk => chunk.Length));
    }

    [Theory]
    [InlineData(false, "not a record batch")]
    [InlineData(true, "ends inside the batch")]
    public async Task What_is_good_comes_before_what_is_bad_is_told_with_its_place(bool isCut, string words)
    {
        var good = BatchBroker.Batch("one");
        var bad = isCut ? BatchBroker.Batch("two")[..^1] : [.. Enumerable.Repeat((byte)0xFF, 100)];
        var chunks = new BatchChunks(new MemoryStream([.. good, .. bad]), position: 1000);

        var first = (await chunks.NextAsync(default)).ToArray();
        var told = await Assert.ThrowsAsync<CommandFailedException>(async () => await chunks.NextAsync(default));

        Assert.Equal(good, first);
        Assert.Equal(1000 + good.Length, chunks.Position);
        Assert.Contains($"at byte {1000 + good.Length}", told.Message, StringComparison.Ordinal);
        Assert.Contains(words, told.Message, StringComparison.Ordinal);
    }

    private static async Task<List<byte[]>> ReadAsync(Stream stream)
    {
        var chunks = new BatchChunks(stream, position: 0);
        var read = new List<byte[]>();
        while (await chunks.NextAsync(default) is { IsEmpty: false } chunk) read.Add(chunk.ToArray());
        Assert.Equal(read.Sum(chunk => chunk.Length), chunks.Position);
        return read;
    }

    /// <summary>Gives a few bytes at a time, as pipes do.</summary>
    private sealed class TricklingStream(byte[] bytes, int readSize) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, readSize)], cancellationToken);
    }
}
