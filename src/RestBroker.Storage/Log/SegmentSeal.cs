using System.Buffers.Binary;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>
/// What is known of the first <see cref="Size"/> bytes of a segment, so that they need not be read again at start: a small file
/// beside the segment. A cache: one that does not fit the segment or its index files is ignored. FORMAT.md has its fields.
/// </summary>
internal readonly record struct SegmentSeal(
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
    public const int ByteSize = 80;

    private const int Magic = 0x5242_5331; // "RBS1"

    public byte[] ToBytes()
    {
        var bytes = new byte[ByteSize];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), Size);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(12), NextOffset);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(20), LeaderEpoch);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(24), FirstAppendTime);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), LastAppendTime);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(40), MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(48), OffsetOfMaxTimestamp);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(56), OffsetEntries);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(60), TimeEntries);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(64), OffsetCrc);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(68), TimeCrc);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(76), Crc32C.Compute(bytes.AsSpan(0, 76)));
        return bytes;
    }

    public static SegmentSeal? FromBytes(byte[]? bytes)
    {
        if (bytes is not { Length: ByteSize }) return null;
        if (BinaryPrimitives.ReadInt32BigEndian(bytes) != Magic) return null;
        if (BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(76)) != Crc32C.Compute(bytes.AsSpan(0, 76))) return null;
        return new SegmentSeal(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(12)),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(20)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(24)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(32)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(40)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(48)),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(56)),
            BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(60)),
            BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(64)),
            BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(68)));
    }
}
