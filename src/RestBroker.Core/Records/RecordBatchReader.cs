using RestBroker.Core.Topics;

namespace RestBroker.Core.Records;

/// <summary>
/// Reads the records of a batch in their order. Owns the memory of a batch that had to be decompressed: records are valid until it is
/// disposed or begins another. A field that does not fit is a <c>BrokerException</c> with <c>RecordCorrupt</c>. Not thread-safe.
/// </summary>
public sealed class RecordBatchReader : IDisposable
{
    /// <summary>A batch that would need more memory than this when decompressed is refused, in bytes.</summary>
    public const int MaxUncompressedSize = 128 * 1024 * 1024;

    /// <summary>In the refusal of what would grow beyond the budget: the budget. It tells a large batch from a damaged one.</summary>
    public const string BudgetMember = "maxUncompressedBytes";

    private RecordBatch _batch;
    private PooledBuffer? _uncompressed;
    private ReadOnlyMemory<byte> _records;
    private int _position;
    private int _left;
    private long _lastDelta;

    /// <summary>A reader without a batch: there is nothing to read until it begins one.</summary>
    public RecordBatchReader()
    {
    }

    /// <summary>A reader of one batch; see <see cref="Begin"/>.</summary>
    public RecordBatchReader(RecordBatch batch) => Begin(batch);

    /// <summary>Bytes of the records as they were before they were compressed.</summary>
    public int UncompressedSize => _records.Length;

    /// <summary>Begins to read a batch, after disposal too; decompresses it if need be. What was read before is no longer valid.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="maxUncompressedSize">The most that its records may take when decompressed, in bytes.</param>
    public void Begin(RecordBatch batch, int maxUncompressedSize = MaxUncompressedSize)
    {
        Dispose();
        if (batch.Compression != CompressionType.None) _uncompressed = BatchCompression.Decompress(batch.Compression, batch.Payload, maxUncompressedSize);
        _records = _uncompressed is { } bytes ? bytes.Written : batch.Payload;
        (_batch, _left, _lastDelta) = (batch, batch.RecordCount, -1);
    }

    /// <summary>The next record; false after the last.</summary>
    public bool TryRead(out Record record)
    {
        record = default;
        if (_left <= 0)
        {
            if (_position < _records.Length) throw RecordFieldReader.Damaged();
            return false;
        }

        _left--;
        var outer = new RecordFieldReader(_records);
        var body = outer.Bytes(ref _position) ?? throw RecordFieldReader.Damaged();
        record = Parse(body);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _uncompressed?.Dispose();
        (_uncompressed, _records, _batch, _position, _left) = (null, default, default, 0, 0);
    }

    private Record Parse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty) throw RecordFieldReader.Damaged();
        var fields = new RecordFieldReader(body);
        var position = 1; // the record's attributes: no bit has a meaning yet
        var timestamp = _batch.BaseTimestamp + fields.Number(ref position);
        var delta = fields.Number(ref position);
        // Every reader's place is made of these: an offset that goes back or leaves the batch would send it round or over records.
        if (delta <= _lastDelta || delta > _batch.LastOffsetDelta) throw RecordFieldReader.Damaged();
        _lastDelta = delta;
        var key = fields.Bytes(ref position);
        var value = fields.Bytes(ref position);
        var headerCount = fields.Count(ref position);
        var headers = body[position..];
        for (var i = 0; i < headerCount; i++)
        {
            _ = fields.Bytes(ref position) ?? throw RecordFieldReader.Damaged();
            _ = fields.Bytes(ref position);
        }

        if (position < body.Length) throw RecordFieldReader.Damaged();
        if (_batch.TimestampType == TimestampType.LogAppendTime) timestamp = _batch.MaxTimestamp;
        return new Record(_batch.BaseOffset + delta, timestamp, key, value, new RecordHeaders(headerCount, headers));
    }
}
