using System.Buffers;

namespace RestBroker.Benchmarks.Micro;

/// <summary>A block of a connection's bytes.</summary>
internal sealed class Block : ReadOnlySequenceSegment<byte>
{
    private Block(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

    public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> body, int size)
    {
        var first = new Block(body[..Math.Min(size, body.Length)], 0);
        var last = first;
        for (var at = size; at < body.Length; at += size)
        {
            var next = new Block(body.Slice(at, Math.Min(size, body.Length - at)), at);
            (last.Next, last) = (next, next);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
