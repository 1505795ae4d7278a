using System.Numerics;

namespace RestBroker.Core.Records;

/// <summary>
/// Zig-zag variable-length integers as in Protocol Buffers' <c>sint32</c>/<c>sint64</c>: seven bits a byte, least significant first.
/// </summary>
internal static class Varint
{
    /// <summary>The most bytes that a value can take.</summary>
    public const int MaxSize = 10;

    /// <summary>How many bytes a value takes.</summary>
    public static int Size(long value)
    {
        var bits = 64 - BitOperations.LeadingZeroCount(ZigZag(value) | 1);
        return (bits + 6) / 7;
    }

    /// <summary>Writes a value and returns how many bytes it took.</summary>
    public static int Write(Span<byte> target, long value)
    {
        var rest = ZigZag(value);
        var count = 0;
        while (rest >= 0x80)
        {
            target[count++] = (byte)(rest | 0x80);
            rest >>= 7;
        }

        target[count++] = (byte)rest;
        return count;
    }

    /// <summary>Reads a value; false where the bytes end in its middle or it is longer than a value can be.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out long value, out int count)
    {
        ulong bits = 0;
        value = 0;
        for (count = 0; count < Math.Min(source.Length, MaxSize);)
        {
            var next = source[count];
            bits |= (ulong)(next & 0x7F) << (7 * count++);
            if (next >= 0x80) continue;
            value = (long)(bits >> 1) ^ -(long)(bits & 1);
            return true;
        }

        return false;
    }

    private static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
}
