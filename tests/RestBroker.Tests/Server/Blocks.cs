using System.Buffers;

namespace RestBroker.Tests.Server;

/// <summary>Bytes that lie in several blocks, as those of a connection do.</summary>
internal static class Blocks
{
    /// <summary>The same bytes in blocks of a size; the last may be smaller.</summary>
    public static ReadOnlySequence<byte> Cut(byte[] bytes, int size) => Of([.. bytes.Chunk(size)]);

    /// <summary>The blocks one behind the other.</summary>
    public static ReadOnlySequence<byte> Of(params IReadOnlyList<byte[]> blocks)
    {
        if (blocks.Count == 0) return ReadOnlySequence<byte>.Empty;
        var first = new Block(blocks[0], 0);
        var last = first;
        foreach (var block in blocks.Skip(1)) last = last.Append(block);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Block : ReadOnlySequenceSegment<byte>
    {
        public Block(byte[] bytes, long index) => (Memory, RunningIndex) = (bytes, index);

        public Block Append(byte[] bytes)
        {
            var next = new Block(bytes, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
