using System.Buffers;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using RestBroker.Benchmarks.Load;

namespace RestBroker.Benchmarks.Micro;

/// <summary>
/// What it costs that a body is gathered before it is read, so that records can be slices of it until their batch is built: 100 records of
/// 1 KiB in the server's blocks of 4 KiB, their strings copied one behind the other, once gathered first and once read where they lie.
/// </summary>
[MemoryDiagnoser]
public class BodyBenchmarks
{
    private const int BlockSize = 4096;
    private const int JsonRecords = 100;

    private readonly ReadOnlySequence<byte> _blocks = Block.Cut(Bodies.Json(JsonRecords), BlockSize);
    private readonly byte[] _body = Bodies.Json(JsonRecords);
    private readonly byte[] _batch = Bodies.Json(JsonRecords); // large enough

    [Benchmark(Baseline = true, OperationsPerInvoke = JsonRecords)]
    public int GatherAndRead()
    {
        _blocks.CopyTo(_body);
        return WriteStrings(new Utf8JsonReader(_body));
    }

    [Benchmark(OperationsPerInvoke = JsonRecords)]
    public int ReadBlocks() => WriteStrings(new Utf8JsonReader(_blocks));

    private int WriteStrings(Utf8JsonReader json)
    {
        var size = 0;
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.String) continue;
            if (json.HasValueSequence) json.ValueSequence.CopyTo(_batch.AsSpan(size));
            else json.ValueSpan.CopyTo(_batch.AsSpan(size));
            size += json.HasValueSequence ? (int)json.ValueSequence.Length : json.ValueSpan.Length;
        }

        return size;
    }

    private sealed class Block : ReadOnlySequenceSegment<byte>
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
}
