using System.Buffers.Binary;
using System.Text;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Offsets;

/// <summary>
/// A record of <c>__consumer_offsets</c> in Kafka's format. Key: int16 version 1, group, topic (strings: int16 length, UTF-8), partition
/// int32. Value: int16 version 3, offset int64, leader epoch int32, metadata string, commit timestamp int64. The metadata holds the
/// topic's id, so that a topic that is created again has no committed offsets.
/// Source: OffsetCommitKey.json and OffsetCommitValue.json of Apache Kafka.
/// </summary>
internal static class OffsetRecord
{
    private const short KeyVersion = 1;
    private const short ValueVersion = 3;

    public static byte[] Key(string group, TopicPartition partition)
    {
        var groupSize = Encoding.UTF8.GetByteCount(group);
        var topicSize = Encoding.UTF8.GetByteCount(partition.Topic);
        var bytes = new byte[2 + 2 + groupSize + 2 + topicSize + 4];
        BinaryPrimitives.WriteInt16BigEndian(bytes, KeyVersion);
        var position = 2;
        WriteString(bytes, ref position, group, groupSize);
        WriteString(bytes, ref position, partition.Topic, topicSize);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(position), partition.Partition);
        return bytes;
    }

    public static byte[] Value(Guid topicId, long nextOffset, long timestamp)
    {
        var metadata = topicId.ToString("N");
        var bytes = new byte[2 + 8 + 4 + 2 + metadata.Length + 8];
        BinaryPrimitives.WriteInt16BigEndian(bytes, ValueVersion);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(2), nextOffset);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(10), -1);
        var position = 14;
        WriteString(bytes, ref position, metadata, metadata.Length);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(position), timestamp);
        return bytes;
    }

    public static (string Group, TopicPartition Partition)? ParseKey(ReadOnlySpan<byte> key)
    {
        if (key.Length < 2 || BinaryPrimitives.ReadInt16BigEndian(key) != KeyVersion) return null;
        key = key[2..];
        if (ReadString(ref key) is not { } group || ReadString(ref key) is not { } topic || key.Length != 4) return null;
        return (group, new TopicPartition(topic, BinaryPrimitives.ReadInt32BigEndian(key)));
    }

    public static (Guid TopicId, long NextOffset)? ParseValue(ReadOnlySpan<byte> value)
    {
        if (value.Length < 14 || BinaryPrimitives.ReadInt16BigEndian(value) != ValueVersion) return null;
        var nextOffset = BinaryPrimitives.ReadInt64BigEndian(value[2..]);
        value = value[14..];
        return Guid.TryParseExact(ReadString(ref value), "N", out var topicId) ? (topicId, nextOffset) : null;
    }

    private static void WriteString(byte[] bytes, ref int position, string text, int size)
    {
        BinaryPrimitives.WriteInt16BigEndian(bytes.AsSpan(position), checked((short)size));
        Encoding.UTF8.GetBytes(text, bytes.AsSpan(position + 2));
        position += 2 + size;
    }

    private static string? ReadString(ref ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2) return null;
        var size = BinaryPrimitives.ReadInt16BigEndian(bytes);
        if (size < 0 || size > bytes.Length - 2) return null;
        var text = Encoding.UTF8.GetString(bytes.Slice(2, size));
        bytes = bytes[(2 + size)..];
        return text;
    }
}
