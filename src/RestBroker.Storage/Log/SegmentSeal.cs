using System.Buffers.Binary;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>
/// What is known of the first <see cref="Size"/> bytes of a segment, so that they need not be read again at start: a small file
/// beside the segment. A cache: one that does not fit the segment or its index files is ignored. FORMAT.md has its fields.
/// </summary>
internal readonly record struct SegmentSeal(
    long BaseOffset,
    long Size,
    long NextOffset,
    int LeaderEpoch,
    long FirstAppendTime,
    long LastAppendTime,
    long MaxTimestamp,
    long OffsetOfMaxTimestamp,
    int OffsetEntries,
    int TimeEntries,
    uint OffsetCrc,
    uint TimeCrc)
{
    public const int ByteSize = 88;

    private const int Magic = 0x5242_5331; // "RBS1"

    public byte[] ToBytes()
    {
        var bytes = new byte[ByteSize];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), BaseOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(12), Size);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(20), NextOffset);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), LeaderEpoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), FirstAppendTime);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(40), LastAppendTime);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(48), MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(56), OffsetOfMaxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(64), OffsetEntries);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(68), TimeEntries);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(72), OffsetCrc);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(76), TimeCrc);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(84), Crc32C.Compute(bytes.AsSpan(0, 84)));
        return bytes;
    }

    public static SegmentSeal? FromBytes(byte[]? bytes)
    {
        if (bytes is not { Length: ByteSize }) return null;
        if (BinaryPrimitives.ReadInt32BigEndian(bytes) != Magic) return null;
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(84)) != Crc32C.Compute(bytes.AsSpan(0, 84))) return null;
        return new SegmentSeal(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(12)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(20)),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(28)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(32)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(40)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(48)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(56)),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(64)),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(68)),
            BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(72)),
            BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(76)));
    }
}
