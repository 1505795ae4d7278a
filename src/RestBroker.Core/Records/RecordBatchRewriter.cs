namespace RestBroker.Core.Records;

/// <summary>
/// Builds a batch anew from some of its records, as compaction does: they keep their offsets and timestamps, the batch keeps its place,
/// its span of offsets, its codec and its producer. Append in order, then <see cref="Build"/> once; valid until disposed. Not thread-safe.
/// </summary>
/// <param name="source">The batch the records are of.</param>
/// <param name="deleteHorizon">From when on, in ms, its tombstones may go; null = as the source has it.</param>
public sealed class RecordBatchRewriter(RecordBatch source, long? deleteHorizon) : IDisposable
{
    private const byte RecordAttributes = 0;

    // Kafka's way: a batch with a horizon has it as its base timestamp, and its records count from there.
    private readonly long? _horizon = deleteHorizon ?? source.DeleteHorizon;
    private readonly PooledBuffer _buffer = WithRoomForHeader(source.Size);
    private long _maxTimestamp = -1;
    private int _recordCount;

    private long BaseTimestamp => _horizon ?? source.BaseTimestamp;

    /// <summary>Keeps a record of the source.</summary>
    public void Append(in Record record)
    {
        _maxTimestamp = Math.Max(_maxTimestamp, record.Timestamp);
        var (timestampDelta, offsetDelta) = (record.Timestamp - BaseTimestamp, record.Offset - source.BaseOffset);
        var headers = record.Headers.Bytes.Span;
        var size = sizeof(byte) + Varint.Size(timestampDelta) + Varint.Size(offsetDelta) + SizeOf(record.Key) + SizeOf(record.Value)
            + Varint.Size(record.Headers.Count) + headers.Length;
        var target = _buffer.GetSpan(size + Varint.MaxSize);
        var position = Varint.Write(target, size);
        target[position++] = RecordAttributes;
        position += Varint.Write(target[position..], timestampDelta);
        position += Varint.Write(target[position..], offsetDelta);
        position += Write(target[position..], record.Key);
        position += Write(target[position..], record.Value);
        position += Varint.Write(target[position..], record.Headers.Count);
        headers.CopyTo(target[position..]);
        _buffer.Advance(position + headers.Length);
        _recordCount++;
    }

    /// <summary>The batch of the records kept; at least one is needed.</summary>
    public RecordBatch Build()
    {
        ArgumentOutOfRangeException.ThrowIfZero(_recordCount);
        if (source.Compression != CompressionType.None) Compress();
        var batch = new RecordBatch(_buffer.Written);
        batch.WriteHeader(new RecordBatchHeader
        {
            BaseOffset = source.BaseOffset,
            LeaderEpoch = source.LeaderEpoch,
            Attributes = (short)((ushort)source.Attributes | (_horizon is null ? 0 : RecordBatch.DeleteHorizonFlag)),
            LastOffsetDelta = source.LastOffsetDelta,
            BaseTimestamp = BaseTimestamp,
            MaxTimestamp = source.TimestampType == Topics.TimestampType.LogAppendTime ? source.MaxTimestamp : _maxTimestamp,
            ProducerId = source.ProducerId,
            ProducerEpoch = source.ProducerEpoch,
            BaseSequence = source.BaseSequence,
            RecordCount = _recordCount,
        });
        return batch;
    }

    /// <inheritdoc/>
    public void Dispose() => _buffer.Dispose();

    private void Compress()
    {
        using var compressed = new PooledBuffer(_buffer.Length);
        BatchCompression.Compress(source.Compression, _buffer.Written.Span[RecordBatch.HeaderSize..], compressed);
        _buffer.Truncate(RecordBatch.HeaderSize);
        _buffer.Write(compressed.Written.Span);
    }

    private static PooledBuffer WithRoomForHeader(int capacity)
    {
        var buffer = new PooledBuffer(capacity);
        buffer.GetSpan(RecordBatch.HeaderSize)[..RecordBatch.HeaderSize].Clear();
        buffer.Advance(RecordBatch.HeaderSize);
        return buffer;
    }

    private static int SizeOf(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Varint.Size(some.Length) + some.Length : Varint.Size(-1);

    private static int Write(Span<byte> target, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some) return Varint.Write(target, -1);
        var count = Varint.Write(target, some.Length);
        some.Span.CopyTo(target[count..]);
        return count + some.Length;
    }
}
