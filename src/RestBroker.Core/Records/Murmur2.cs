using System.Buffers.Binary;

namespace RestBroker.Core.Records;

/// <summary>
/// The 32-bit murmur2 hash with Kafka's seed: the partition of a key, as Kafka's Java client chooses it.
/// Source: org.apache.kafka.common.utils.Utils.murmur2.
/// </summary>
public static class Murmur2
{
    private const uint Seed = 0x9747b28c;
    private const uint Multiplier = 0x5bd1e995;
    private const int Shift = 24;

    /// <summary>The partition of a key among so many.</summary>
    public static int Partition(ReadOnlySpan<byte> key, int partitionCount) => (int)(Hash(key) & 0x7fffffff) % partitionCount;

    /// <summary>The hash of some bytes.</summary>
    public static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = Seed ^ (uint)bytes.Length;
        while (bytes.Length >= sizeof(uint))
        {
            var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes) * Multiplier;
            word = (word ^ (word >> Shift)) * Multiplier;
            hash = (hash * Multiplier) ^ word;
            bytes = bytes[sizeof(uint)..];
        }

        if (bytes.Length > 2) hash ^= (uint)bytes[2] << 16;
        if (bytes.Length > 1) hash ^= (uint)bytes[1] << 8;
        if (bytes.Length > 0) hash = (hash ^ bytes[0]) * Multiplier;
        hash = (hash ^ (hash >> 13)) * Multiplier;
        return hash ^ (hash >> 15);
    }
}
