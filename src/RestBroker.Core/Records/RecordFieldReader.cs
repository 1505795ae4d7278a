using RestBroker.Core.Errors;

namespace RestBroker.Core.Records;

/// <summary>Reads the fields of a record; what does not fit into what is left is a damaged record, never an allocation.</summary>
internal readonly struct RecordFieldReader(ReadOnlyMemory<byte> source)
{
    public long Number(ref int position)
    {
        if (!Varint.TryRead(source.Span[position..], out var value, out var count)) throw Damaged();
        position += count;
        return value;
    }

    public int Count(ref int position)
    {
        var count = Number(ref position);
        if (count < 0 || count > source.Length - position) throw Damaged();
        return (int)count;
    }

    /// <summary>A length and so many bytes; null for the length -1.</summary>
    public ReadOnlyMemory<byte>? Bytes(ref int position)
    {
        var length = Number(ref position);
        if (length == -1) return null;
        if (length < 0 || length > source.Length - position) throw Damaged();
        var bytes = source.Slice(position, (int)length);
        position += (int)length;
        return bytes;
    }

    public static BrokerException Damaged() =>
        new(BrokerError.RecordCorrupt, "The bytes of a record do not follow the format of a record batch.");
}
