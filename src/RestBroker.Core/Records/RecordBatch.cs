using System.Buffers.Binary;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Records;

/// <summary>
/// A record batch, magic 2, over the bytes it is made of: the currency of every face, every engine and the disk. All integers are
/// big-endian. Source: https://kafka.apache.org/documentation/#recordbatch.
/// <code>
///  0 baseOffset int64      17 crc uint32, of 21..end   43 producerId int64
///  8 batchLength int32     21 attributes int16         51 producerEpoch int16
///    bytes after this      23 lastOffsetDelta int32    53 baseSequence int32
/// 12 leaderEpoch int32     27 baseTimestamp int64      57 recordCount int32
/// 16 magic int8 = 2        35 maxTimestamp int64       61 records
/// </code>
/// Attributes: bits 0..2 compression, 3 timestamp type, 4 transactional, 5 control, 6 the base timestamp is a delete horizon.
/// </summary>
/// <remarks>A view: valid as long as the memory below it. Check <see cref="TryRead"/> before trusting bytes from outside.</remarks>
public readonly struct RecordBatch(Memory<byte> bytes)
{
    /// <summary>Bytes before the first record.</summary>
    public const int HeaderSize = 61;

    /// <summary>Bytes before those that <c>batchLength</c> counts.</summary>
    public const int LengthPrefixSize = 12;

    /// <summary>The only format there is here.</summary>
    public const byte CurrentMagic = 2;

    internal const int CompressionMask = 0x07;
    internal const int LogAppendTimeFlag = 0x08;
    internal const int TransactionalFlag = 0x10;
    internal const int ControlFlag = 0x20;
    internal const int DeleteHorizonFlag = 0x40;

    private const int LeaderEpochPosition = 12;
    private const int MagicPosition = 16;
    private const int CrcPosition = 17;
    private const int AttributesPosition = 21;
    private const int LastOffsetDeltaPosition = 23;
    private const int BaseTimestampPosition = 27;
    private const int MaxTimestampPosition = 35;
    private const int ProducerIdPosition = 43;
    private const int ProducerEpochPosition = 51;
    private const int BaseSequencePosition = 53;
    private const int RecordCountPosition = 57;

    /// <summary>The whole batch.</summary>
    public Memory<byte> Bytes { get; } = bytes;

    /// <summary>Its size in bytes.</summary>
    public int Size => Bytes.Length;

    /// <summary>The offset of its first record; outside the CRC.</summary>
    public long BaseOffset => BinaryPrimitives.ReadInt64BigEndian(Span);

    /// <summary>The offset of its last record, or of the last it had before compaction.</summary>
    public long LastOffset => BaseOffset + LastOffsetDelta;

    /// <summary>The offset after it.</summary>
    public long NextOffset => LastOffset + 1;

    /// <summary>In which epoch of the leader it was appended; outside the CRC.</summary>
    public int LeaderEpoch => BinaryPrimitives.ReadInt32BigEndian(Span[LeaderEpochPosition..]);

    /// <summary>The format it is of: 2, or something that is not read here.</summary>
    public byte Magic => Span[MagicPosition];

    /// <summary>The checksum it carries.</summary>
    public uint Crc => BinaryPrimitives.ReadUInt32BigEndian(Span[CrcPosition..]);

    /// <summary>The flags; see the class.</summary>
    public short Attributes => BinaryPrimitives.ReadInt16BigEndian(Span[AttributesPosition..]);

    /// <summary>Last offset less base offset.</summary>
    public int LastOffsetDelta => BinaryPrimitives.ReadInt32BigEndian(Span[LastOffsetDeltaPosition..]);

    /// <summary>What timestamp deltas are added to, in ms.</summary>
    public long BaseTimestamp => BinaryPrimitives.ReadInt64BigEndian(Span[BaseTimestampPosition..]);

    /// <summary>The greatest timestamp, in ms; the append time where the timestamp type says so.</summary>
    public long MaxTimestamp => BinaryPrimitives.ReadInt64BigEndian(Span[MaxTimestampPosition..]);

    /// <summary>The producer's id, -1 = none.</summary>
    public long ProducerId => BinaryPrimitives.ReadInt64BigEndian(Span[ProducerIdPosition..]);

    /// <summary>The producer's epoch, -1 = none.</summary>
    public short ProducerEpoch => BinaryPrimitives.ReadInt16BigEndian(Span[ProducerEpochPosition..]);

    /// <summary>The sequence of its first record, -1 = none.</summary>
    public int BaseSequence => BinaryPrimitives.ReadInt32BigEndian(Span[BaseSequencePosition..]);

    /// <summary>How many records it holds.</summary>
    public int RecordCount => BinaryPrimitives.ReadInt32BigEndian(Span[RecordCountPosition..]);

    /// <summary>The codec of its records.</summary>
    public CompressionType Compression => (CompressionType)(Attributes & CompressionMask);

    /// <summary>Whose clock its timestamps are of.</summary>
    public TimestampType TimestampType => (Attributes & LogAppendTimeFlag) != 0 ? TimestampType.LogAppendTime : TimestampType.CreateTime;

    /// <summary>Whether it belongs to a transaction.</summary>
    public bool IsTransactional => (Attributes & TransactionalFlag) != 0;

    /// <summary>Whether it is a marker of the broker's and not for readers.</summary>
    public bool IsControl => (Attributes & ControlFlag) != 0;

    /// <summary>Whether the attributes have a bit that no producer may set, or one without a meaning.</summary>
    public bool HasBrokerAttributes => (Attributes & ~(CompressionMask | LogAppendTimeFlag | TransactionalFlag | ControlFlag)) != 0;

    /// <summary>From when on, in ms, compaction may drop its tombstones; null until it was compacted with tombstones in it.</summary>
    public long? DeleteHorizon => (Attributes & DeleteHorizonFlag) != 0 ? BaseTimestamp : null;

    /// <summary>The records, still compressed.</summary>
    public ReadOnlyMemory<byte> Payload => Bytes[HeaderSize..];

    private Span<byte> Span => Bytes.Span;

    /// <summary>
    /// The batch at the start of <paramref name="source"/>, if the source holds the whole of it and its header makes sense. The CRC is not
    /// looked at; see <see cref="IsCrcValid"/>.
    /// </summary>
    public static bool TryRead(Memory<byte> source, out RecordBatch batch)
    {
        batch = default;
        if (source.Length < HeaderSize) return false;
        var size = SizeOf(source.Span);
        if (size < HeaderSize || size > source.Length) return false;
        batch = new RecordBatch(source[..(int)size]);
        return batch.Span[MagicPosition] == CurrentMagic && batch.LastOffsetDelta >= 0 && batch.RecordCount >= 0
            && batch.BaseOffset >= 0 && batch.BaseOffset < long.MaxValue - batch.LastOffsetDelta
            && batch.RecordCount <= batch.LastOffsetDelta + 1L;
    }

    /// <summary>The size in bytes that a batch's first twelve bytes announce; may be nonsense.</summary>
    public static long SizeOf(ReadOnlySpan<byte> prefix) =>
        BinaryPrimitives.ReadInt32BigEndian(prefix[8..]) + (long)LengthPrefixSize;

    /// <summary>Whether the checksum it carries is that of its bytes.</summary>
    public bool IsCrcValid() => Crc == ComputeCrc();

    /// <summary>
    /// Stamps where the batch was appended. Both fields lie before the CRC's range, so the checksum stays valid.
    /// </summary>
    public void StampPlace(long baseOffset, int leaderEpoch)
    {
        BinaryPrimitives.WriteInt64BigEndian(Span, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(Span[LeaderEpochPosition..], leaderEpoch);
    }

    /// <summary>Turns its timestamps into one append time, as Kafka does: the type's flag and the greatest timestamp, then a new CRC.</summary>
    public void StampAppendTime(long timestamp)
    {
        BinaryPrimitives.WriteInt16BigEndian(Span[AttributesPosition..], (short)(Attributes | LogAppendTimeFlag));
        BinaryPrimitives.WriteInt64BigEndian(Span[MaxTimestampPosition..], timestamp);
        StampCrc();
    }

    /// <summary>Corrects the greatest timestamp, which is the producer's own sum, then a new CRC.</summary>
    public void StampMaxTimestamp(long timestamp)
    {
        BinaryPrimitives.WriteInt64BigEndian(Span[MaxTimestampPosition..], timestamp);
        StampCrc();
    }

    /// <summary>Takes its producer off, as if nobody had numbered its records, then a new CRC.</summary>
    public void ClearProducer()
    {
        BinaryPrimitives.WriteInt64BigEndian(Span[ProducerIdPosition..], -1);
        BinaryPrimitives.WriteInt16BigEndian(Span[ProducerEpochPosition..], -1);
        BinaryPrimitives.WriteInt32BigEndian(Span[BaseSequencePosition..], -1);
        StampCrc();
    }

    /// <summary>
    /// Writes a batch without records over offsets that compaction has emptied, so that the offsets of a file have no holes.
    /// </summary>
    public static RecordBatch WriteEmpty(Memory<byte> target, long baseOffset, long lastOffset, int leaderEpoch)
    {
        var batch = new RecordBatch(target[..HeaderSize]);
        batch.WriteHeader(new RecordBatchHeader
        {
            BaseOffset = baseOffset,
            LeaderEpoch = leaderEpoch,
            LastOffsetDelta = checked((int)(lastOffset - baseOffset)),
            BaseTimestamp = -1,
            MaxTimestamp = -1,
        });
        return batch;
    }

    /// <summary>Makes it stand for the offsets behind it too, up to this one, then a new CRC.</summary>
    public void ExtendTo(long lastOffset)
    {
        BinaryPrimitives.WriteInt32BigEndian(Span[LastOffsetDeltaPosition..], checked((int)(lastOffset - BaseOffset)));
        StampCrc();
    }

    internal void WriteHeader(in RecordBatchHeader header)
    {
        var span = Span;
        BinaryPrimitives.WriteInt64BigEndian(span, header.BaseOffset);
        BinaryPrimitives.WriteInt32BigEndian(span[8..], Bytes.Length - LengthPrefixSize);
        BinaryPrimitives.WriteInt32BigEndian(span[LeaderEpochPosition..], header.LeaderEpoch);
        span[MagicPosition] = CurrentMagic;
        BinaryPrimitives.WriteInt16BigEndian(span[AttributesPosition..], header.Attributes);
        BinaryPrimitives.WriteInt32BigEndian(span[LastOffsetDeltaPosition..], header.LastOffsetDelta);
        BinaryPrimitives.WriteInt64BigEndian(span[BaseTimestampPosition..], header.BaseTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(span[MaxTimestampPosition..], header.MaxTimestamp);
        BinaryPrimitives.WriteInt64BigEndian(span[ProducerIdPosition..], header.ProducerId);
        BinaryPrimitives.WriteInt16BigEndian(span[ProducerEpochPosition..], header.ProducerEpoch);
        BinaryPrimitives.WriteInt32BigEndian(span[BaseSequencePosition..], header.BaseSequence);
        BinaryPrimitives.WriteInt32BigEndian(span[RecordCountPosition..], header.RecordCount);
        StampCrc();
    }

    private void StampCrc() => BinaryPrimitives.WriteUInt32BigEndian(Span[CrcPosition..], ComputeCrc());

    private uint ComputeCrc()
    {
        ReadOnlySpan<byte> bytes = Span[AttributesPosition..];
        uint crc = 0;
        for (; bytes.Length > Turns.PieceSize; bytes = bytes[Turns.PieceSize..])
        {
            crc = Crc32C.Append(crc, bytes[..Turns.PieceSize]);
            Turns.YieldThread();
        }

        return Crc32C.Append(crc, bytes);
    }
}
