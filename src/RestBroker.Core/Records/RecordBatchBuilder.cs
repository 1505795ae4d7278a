namespace RestBroker.Core.Records;

/// <summary>
/// Builds one record batch in pooled memory. Append records, then <see cref="Build"/> once; the batch is valid until the builder is
/// disposed or begins another. Not thread-safe.
/// </summary>
public sealed class RecordBatchBuilder : IDisposable
{
    private const byte RecordAttributes = 0;

    private readonly PooledBuffer _buffer;
    private CompressionType _compression;
    private long _baseTimestamp;
    private long _maxTimestamp = long.MinValue;

    /// <param name="compression">The codec of the records.</param>
    /// <param name="capacity">Bytes to begin with; it grows as need be.</param>
    public RecordBatchBuilder(CompressionType compression = CompressionType.None, int capacity = 4096)
    {
        _compression = compression;
        _buffer = new PooledBuffer(capacity);
        Clear();
    }

    /// <summary>How many records were appended.</summary>
    public int RecordCount { get; private set; }

    /// <summary>Bytes so far, header included, before compression.</summary>
    public int Size => _buffer.Length;

    /// <summary>Producer id, epoch and sequence of an idempotent producer; -1 = none.</summary>
    public (long Id, short Epoch, int BaseSequence) Producer { get; set; } = (-1, -1, -1);

    /// <summary>Appends a record at the next offset.</summary>
    /// <param name="timestamp">In ms since 1970.</param>
    /// <param name="key">Null = no key.</param>
    /// <param name="value">Null = a tombstone.</param>
    /// <param name="headers">In their order.</param>
    public void Append(long timestamp, ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, ReadOnlySpan<Header> headers = default)
    {
        if (RecordCount == 0) _baseTimestamp = timestamp;
        _maxTimestamp = Math.Max(_maxTimestamp, timestamp);

        var timestampDelta = timestamp - _baseTimestamp;
        var size = sizeof(byte) + Varint.Size(timestampDelta) + Varint.Size(RecordCount) + SizeOf(key) + SizeOf(value) + SizeOf(headers);
        var target = _buffer.GetSpan(size + Varint.MaxSize);
        var position = Varint.Write(target, size);
        target[position++] = RecordAttributes;
        position += Varint.Write(target[position..], timestampDelta);
        position += Varint.Write(target[position..], RecordCount);
        position += Write(target[position..], key);
        position += Write(target[position..], value);
        position += Varint.Write(target[position..], headers.Length);
        foreach (var header in headers)
        {
            position += Write(target[position..], header.Name);
            position += Write(target[position..], header.Value);
        }

        _buffer.Advance(position);
        RecordCount++;
    }

    /// <summary>The batch of the records appended, with base offset 0. At least one record is needed.</summary>
    public RecordBatch Build()
    {
        ArgumentOutOfRangeException.ThrowIfZero(RecordCount);
        if (_compression != CompressionType.None) Compress();
        var batch = new RecordBatch(_buffer.Written);
        batch.WriteHeader(new RecordBatchHeader
        {
            Attributes = (short)_compression,
            LastOffsetDelta = RecordCount - 1,
            BaseTimestamp = _baseTimestamp,
            MaxTimestamp = _maxTimestamp,
            ProducerId = Producer.Id,
            ProducerEpoch = Producer.Epoch,
            BaseSequence = Producer.BaseSequence,
            RecordCount = RecordCount,
        });
        return batch;
    }

    /// <summary>Begins another batch in the same memory; the one built before is no longer valid.</summary>
    public void Clear() => Empty(RecordBatch.HeaderSize);

    /// <summary>Begins another batch, of another codec and of no producer, after disposal too; the one built before is no longer valid.</summary>
    /// <param name="compression">The codec of the records.</param>
    /// <param name="capacity">Bytes to begin with; it grows as need be.</param>
    public void Begin(CompressionType compression, int capacity)
    {
        _compression = compression;
        Producer = (-1, -1, -1);
        Empty(capacity);
    }

    /// <summary>Gives its memory back.</summary>
    public void Dispose() => _buffer.Dispose();

    private void Empty(int capacity)
    {
        _buffer.Truncate(0);
        _buffer.GetSpan(Math.Max(capacity, RecordBatch.HeaderSize))[..RecordBatch.HeaderSize].Clear();
        _buffer.Advance(RecordBatch.HeaderSize);
        RecordCount = 0;
        _maxTimestamp = long.MinValue;
    }

    private void Compress()
    {
        using var compressed = new PooledBuffer(_buffer.Length);
        BatchCompression.Compress(_compression, _buffer.Written.Span[RecordBatch.HeaderSize..], compressed);
        _buffer.Truncate(RecordBatch.HeaderSize);
        _buffer.Write(compressed.Written.Span);
    }

    private static int SizeOf(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Varint.Size(some.Length) + some.Length : Varint.Size(-1);

    private static int SizeOf(ReadOnlySpan<Header> headers)
    {
        var size = Varint.Size(headers.Length);
        foreach (var header in headers) size += SizeOf(header.Name) + SizeOf(header.Value);
        return size;
    }

    private static int Write(Span<byte> target, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some) return Varint.Write(target, -1);
        var count = Varint.Write(target, some.Length);
        some.Span.CopyTo(target[count..]);
        return count + some.Length;
    }
}
