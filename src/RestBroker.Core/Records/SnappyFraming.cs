using System.Buffers.Binary;
using Snappier;

namespace RestBroker.Core.Records;

/// <summary>
/// The framing of snappy-java's SnappyOutputStream, which Kafka's Java clients write: the magic <c>82 "SNAPPY" 00</c>, version and
/// compatible version (int32 each, 1), then blocks of an int32 length and a snappy block. librdkafka writes a bare block.
/// Source: https://github.com/xerial/snappy-java.
/// </summary>
internal static class SnappyFraming
{
    private const int HeaderSize = 16;
    private const int BlockSize = 32 * 1024;

    // The densest element, a copy, gives 64 bytes for its three; a block that claims more is not one.
    private const int MaxRatio = 64;

    private static ReadOnlySpan<byte> Magic => [0x82, (byte)'S', (byte)'N', (byte)'A', (byte)'P', (byte)'P', (byte)'Y', 0];

    public static void Compress(ReadOnlySpan<byte> source, PooledBuffer target)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header[8..], 1);
        BinaryPrimitives.WriteInt32BigEndian(header[12..], 1);
        target.Write(header);
        while (!source.IsEmpty)
        {
            var block = source[..Math.Min(BlockSize, source.Length)];
            var room = target.GetSpan(sizeof(int) + Snappy.GetMaxCompressedLength(block.Length));
            var size = Snappy.Compress(block, room[sizeof(int)..]);
            BinaryPrimitives.WriteInt32BigEndian(room, size);
            target.Advance(sizeof(int) + size);
            source = source[block.Length..];
        }
    }

    public static void Decompress(ReadOnlySpan<byte> source, PooledBuffer target, int maxSize)
    {
        if (!source.StartsWith(Magic))
        {
            DecompressBlock(source, target, maxSize);
            return;
        }

        if (source.Length < HeaderSize) throw RecordFieldReader.Damaged();
        source = source[HeaderSize..];
        while (!source.IsEmpty)
        {
            if (source.Length < sizeof(int)) throw RecordFieldReader.Damaged();
            var size = BinaryPrimitives.ReadInt32BigEndian(source);
            if (size < 0 || size > source.Length - sizeof(int)) throw RecordFieldReader.Damaged();
            DecompressBlock(source.Slice(sizeof(int), size), target, maxSize);
            source = source[(sizeof(int) + size)..];
        }
    }

    private static void DecompressBlock(ReadOnlySpan<byte> block, PooledBuffer target, int maxSize)
    {
        var size = Snappy.GetUncompressedLength(block);
        if (size < 0 || size > maxSize - target.Length) throw BatchCompression.TooLarge(maxSize);
        if (size > (long)block.Length * MaxRatio) throw RecordFieldReader.Damaged();
        target.Advance(Snappy.Decompress(block, target.GetSpan(size)));
    }
}
