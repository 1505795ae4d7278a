using System.Buffers.Binary;

namespace RestBroker.Storage.Producers;

/// <summary>
/// A record of <c>__restbroker_producers</c>. Key: version byte 1, producer id int64. Value: version byte 1, number int64: the id's epoch, or
/// for the id -1 the counter: ids below it may have been given out.
/// </summary>
internal static class ProducerRecord
{
    /// <summary>Stands in an id's place for the counter.</summary>
    public const long CounterId = -1;

    private const byte FormatVersion = 1;
    private const int Size = 9;

    public static byte[] Key(long producerId) => Bytes(producerId);

    public static byte[] Value(long number) => Bytes(number);

    public static (long ProducerId, long Number)? Parse(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.Length != Size || value.Length != Size || key[0] != FormatVersion || value[0] != FormatVersion) return null;
        return (BinaryPrimitives.ReadInt64BigEndian(key[1..]), BinaryPrimitives.ReadInt64BigEndian(value[1..]));
    }

    private static byte[] Bytes(long number)
    {
        var bytes = new byte[Size];
        bytes[0] = FormatVersion;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1), number);
        return bytes;
    }
}
