namespace RestBroker.Core.Records;

/// <summary>A record as it is read. A view: valid as long as the reader that gave it.</summary>
/// <param name="Offset">Its place in the partition.</param>
/// <param name="Timestamp">In ms since 1970.</param>
/// <param name="Key">Null = no key; empty is a key.</param>
/// <param name="Value">Null = a tombstone.</param>
/// <param name="Headers">In their order.</param>
public readonly record struct Record(
    long Offset, long Timestamp, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, RecordHeaders Headers)
{
    /// <summary>Bytes of its key, its value and its headers' names and values.</summary>
    public long Size
    {
        get
        {
            long size = (Key?.Length ?? 0) + (Value?.Length ?? 0);
            foreach (var header in Headers) size += header.Name.Length + (header.Value?.Length ?? 0);
            return size;
        }
    }

    /// <summary>The same record with bytes of its own, valid for ever.</summary>
    public Record Copy() => this with { Key = Copy(Key), Value = Copy(Value), Headers = Headers.Copy() };

    // Without the cast nothing would be an empty array, and that an empty key.
    private static ReadOnlyMemory<byte>? Copy(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? (ReadOnlyMemory<byte>?)some.ToArray() : null;
}
