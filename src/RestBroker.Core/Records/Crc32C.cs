using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RestBroker.Core.Records;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's instruction where it has one.</summary>
public static class Crc32C
{
    // The instruction takes three cycles and begins anew each cycle: three lanes side by side are done in the time of one. Below three of
    // these, joining them costs more than is won.
    private const int LaneSize = 1024;
    private const int Lanes = 3;

    private static readonly uint[] OverLane = MakeOverLane();

    /// <summary>The checksum of some bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of two pieces: of the first its checksum (0 where there is none), of the second its bytes.</summary>
    /// <remarks>Compiled with all effort at once: a start checks megabytes before the compiler would come back to it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        var crc = ~checksum;
        while (bytes.Length >= Lanes * LaneSize)
        {
            crc = AddLanes(crc, MemoryMarshal.Cast<byte, ulong>(bytes[..(Lanes * LaneSize)]));
            bytes = bytes[(Lanes * LaneSize)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var value in bytes) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    // The first lane goes on from what came before, the others begin with nothing. A checksum is linear: that of two pieces is that of the
    // first with as many zeros behind it as the second has bytes, xor that of the second.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint AddLanes(uint first, ReadOnlySpan<ulong> words)
    {
        const int size = LaneSize / sizeof(ulong);
        var a = words[..size];
        var b = words.Slice(size, size);
        var c = words.Slice(2 * size, size);
        uint second = 0, third = 0;
        for (var i = 0; i < size; i++)
        {
            first = BitOperations.Crc32C(first, LittleEndian(a[i]));
            second = BitOperations.Crc32C(second, LittleEndian(b[i]));
            third = BitOperations.Crc32C(third, LittleEndian(c[i]));
        }

        return PassLane(PassLane(first) ^ second) ^ third;
    }

    private static ulong LittleEndian(ulong word) => BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);

    /// <summary>A checksum as it is after a lane of zeros.</summary>
    private static uint PassLane(uint crc) =>
        OverLane[(byte)crc] ^ OverLane[256 + (byte)(crc >> 8)] ^ OverLane[512 + (byte)(crc >> 16)] ^ OverLane[768 + (byte)(crc >> 24)];

    // For each byte of a checksum and each of its values. Linear, too: a value is what its lowest bit and its other bits make.
    private static uint[] MakeOverLane()
    {
        var table = new uint[sizeof(uint) * 256];
        for (var bit = 0; bit < 32; bit++)
        {
            var crc = 1u << bit;
            for (var i = 0; i < LaneSize / sizeof(ulong); i++) crc = BitOperations.Crc32C(crc, 0ul);
            table[(bit / 8 * 256) + (1 << (bit % 8))] = crc;
        }

        for (var i = 0; i < table.Length; i++)
        {
            var lowest = i & -i & 0xFF;
            var rest = (i & 0xFF) ^ lowest;
            if (rest != 0) table[i] = table[i - lowest] ^ table[i - rest];
        }

        return table;
    }
}
