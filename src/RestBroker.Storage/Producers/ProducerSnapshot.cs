using System.Buffers.Binary;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Producers;

/// <summary>The bytes of a producer state; FORMAT.md has its fields. Pure.</summary>
internal static class ProducerSnapshot
{
    /// <summary>A snapshot that is larger is not read: nothing this program writes is.</summary>
    public const int MaxSize = 1024 * 1024 * 1024;

    public const int OwnerSize = 16;

    private const int Magic = 0x5242_5031; // "RBP1"
    private const int HeaderSize = 36;
    private const int ChecksumSize = 4;
    private const int ProducerSize = 20;
    private const int BatchSize = 24;
    private const int KeySize = 56;

    /// <summary>The bytes without their checksum, which is for <see cref="Seal"/>.</summary>
    public static byte[] Write(ProducerState state, ReadOnlySpan<byte> owner, long offset)
    {
        var bytes = new byte[SizeOf(state)];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(4), offset);
        owner.CopyTo(bytes.AsSpan(12));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), state.Producers.Count);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(32), state.Keys.Count);
        var rest = bytes.AsSpan(HeaderSize);
        foreach (var (id, entry) in state.Producers) rest = WriteProducer(rest, id, entry);
        foreach (var (id, batch) in state.Keys.All) rest = WriteKey(rest, id, batch);
        return bytes;
    }

    /// <summary>How many bytes it takes.</summary>
    public static int SizeOf(ProducerState state) => checked(HeaderSize + (state.Producers.Count * ProducerSize)
        + (state.Producers.Values.Sum(entry => entry.Batches.Count) * BatchSize) + (state.Keys.Count * KeySize) + ChecksumSize);

    /// <summary>Completes the bytes: outside of any lock, for it reads all of them.</summary>
    public static void Seal(byte[] bytes) =>
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(bytes.Length - ChecksumSize), Crc32C.Compute(bytes.AsSpan(0, bytes.Length - ChecksumSize)));

    /// <summary>Whether the bytes are a whole snapshot of this owner at this offset. Only then are they to be read.</summary>
    public static bool IsValid(byte[]? bytes, ReadOnlySpan<byte> owner, long offset) =>
        bytes is { Length: >= HeaderSize + ChecksumSize }
        && BinaryPrimitives.ReadInt32BigEndian(bytes) == Magic
        && BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(4)) == offset
        && owner.SequenceEqual(bytes.AsSpan(12, OwnerSize))
        && BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(bytes.Length - ChecksumSize)) == Crc32C.Compute(bytes.AsSpan(0, bytes.Length - ChecksumSize));

    /// <summary>Fills an empty state.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, ProducerState state)
    {
        var producerCount = BinaryPrimitives.ReadInt32BigEndian(bytes[28..]);
        var keyCount = BinaryPrimitives.ReadInt32BigEndian(bytes[32..]);
        var rest = bytes[HeaderSize..];
        for (; producerCount > 0; producerCount--) rest = ReadProducer(rest, state);
        for (; keyCount > 0; keyCount--) rest = ReadKey(rest, state);
    }

    private static Span<byte> WriteProducer(Span<byte> rest, long id, ProducerEntry entry)
    {
        BinaryPrimitives.WriteInt64BigEndian(rest, id);
        BinaryPrimitives.WriteInt16BigEndian(rest[8..], entry.Epoch);
        BinaryPrimitives.WriteInt16BigEndian(rest[10..], (short)entry.Batches.Count);
        BinaryPrimitives.WriteInt64BigEndian(rest[12..], entry.LastAppendTime);
        rest = rest[ProducerSize..];
        foreach (var batch in entry.Batches)
        {
            BinaryPrimitives.WriteInt32BigEndian(rest, batch.BaseSequence);
            BinaryPrimitives.WriteInt32BigEndian(rest[4..], batch.LastSequence);
            BinaryPrimitives.WriteInt64BigEndian(rest[8..], batch.BaseOffset);
            BinaryPrimitives.WriteInt64BigEndian(rest[16..], batch.Timestamp);
            rest = rest[BatchSize..];
        }

        return rest;
    }

    private static ReadOnlySpan<byte> ReadProducer(ReadOnlySpan<byte> rest, ProducerState state)
    {
        var id = BinaryPrimitives.ReadInt64BigEndian(rest);
        var epoch = BinaryPrimitives.ReadInt16BigEndian(rest[8..]);
        var batchCount = BinaryPrimitives.ReadInt16BigEndian(rest[10..]);
        var lastAppendTime = BinaryPrimitives.ReadInt64BigEndian(rest[12..]);
        rest = rest[ProducerSize..];
        for (; batchCount > 0; batchCount--)
        {
            state.Add(id, epoch, new ProducerBatch(
                BinaryPrimitives.ReadInt32BigEndian(rest),
                BinaryPrimitives.ReadInt32BigEndian(rest[4..]),
                BinaryPrimitives.ReadInt64BigEndian(rest[8..]),
                BinaryPrimitives.ReadInt64BigEndian(rest[16..])), lastAppendTime);
            rest = rest[BatchSize..];
        }

        return rest;
    }

    private static Span<byte> WriteKey(Span<byte> rest, long id, KeyBatch batch)
    {
        BinaryPrimitives.WriteInt64BigEndian(rest, id);
        BinaryPrimitives.WriteInt64BigEndian(rest[8..], batch.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(rest[16..], batch.RecordCount);
        BinaryPrimitives.WriteInt32BigEndian(rest[20..], batch.Mark.PartitionCount);
        BinaryPrimitives.WriteInt64BigEndian(rest[24..], batch.AppendTime);
        BinaryPrimitives.WriteInt64BigEndian(rest[32..], batch.Timestamp);
        BinaryPrimitives.WriteUInt128BigEndian(rest[40..], batch.Mark.Hash);
        return rest[KeySize..];
    }

    private static ReadOnlySpan<byte> ReadKey(ReadOnlySpan<byte> rest, ProducerState state)
    {
        state.Keys.Add(BinaryPrimitives.ReadInt64BigEndian(rest), new KeyBatch(
            BinaryPrimitives.ReadInt64BigEndian(rest[8..]),
            BinaryPrimitives.ReadInt32BigEndian(rest[16..]),
            BinaryPrimitives.ReadInt64BigEndian(rest[24..]),
            BinaryPrimitives.ReadInt64BigEndian(rest[32..]),
            new IdempotencyMark(BinaryPrimitives.ReadUInt128BigEndian(rest[40..]), BinaryPrimitives.ReadInt32BigEndian(rest[20..]))));
        return rest[KeySize..];
    }
}
