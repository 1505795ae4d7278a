using System.Text;
using RestBroker.Cli.Produce;
using RestBroker.Cli.Shell;

namespace RestBroker.Tests.Cli;

public sealed class LineReaderTests
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\r\nb\r\n", new[] { "a", "b" })]
    [InlineData("\n\nb", new[] { "", "", "b" })]
    [InlineData("a\rb\n", new[] { "a\rb" })]
    [InlineData("a\r", new[] { "a\r" })]
    public void Lines_end_with_LF_or_CR_LF_and_the_last_needs_neither(string text, string[] expected)
    {
        Assert.Equal(expected, ReadAll(new MemoryStream(Encoding.UTF8.GetBytes(text))));
    }

    [Fact]
    public void A_line_longer_than_the_buffer_comes_whole_however_the_reads_are_cut()
    {
        var line = string.Concat(Enumerable.Range(0, 50_000).Select(number => $"{number} "));

        Assert.Equal([line, "next"], ReadAll(new SlowStream(Encoding.UTF8.GetBytes($"{line}\nnext\n"), 7_001)));
    }

    [Fact]
    public void Line_numbers_and_positions_follow_the_stream()
    {
        var reader = new LineReader(new MemoryStream("ab\r\nc\n"u8.ToArray()));

        Assert.True(reader.TryRead(out _));
        Assert.Equal((1, 4), (reader.LineNumber, reader.Position));
        Assert.True(reader.TryRead(out _));
        Assert.Equal((2, 6), (reader.LineNumber, reader.Position));
        Assert.False(reader.TryRead(out _));
        Assert.Equal((2, 6), (reader.LineNumber, reader.Position));
    }

    [Fact]
    public void A_line_that_no_request_could_hold_is_refused_before_memory_is_taken()
    {
        var reader = new LineReader(new MemoryStream(new byte[3 * LineReader.MaxLineBytes]));

        var refusal = Assert.Throws<CommandFailedException>(() => reader.TryRead(out _));
        Assert.Contains("line 1 is longer than 8 MiB", refusal.Message, StringComparison.Ordinal);
    }

    private static List<string> ReadAll(Stream stream)
    {
        var reader = new LineReader(stream);
        var lines = new List<string>();
        while (reader.TryRead(out var line)) lines.Add(Encoding.UTF8.GetString(line));
        return lines;
    }

    private sealed class SlowStream(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, most));
    }
}
