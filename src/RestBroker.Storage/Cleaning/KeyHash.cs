using System.Buffers.Binary;
using System.Security.Cryptography;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// What stands for a key where the key itself would take too much memory: the first 128 bits of its SHA-256. Two keys with one hash would
/// cost the older one its value, so it is a hash for which nobody can make such keys.
/// </summary>
internal static class KeyHash
{
    public static UInt128 Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
