using System.Runtime.InteropServices;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Core.Engine;

/// <summary>
/// Walks the records of one partition's batches from a position on. The position passes over markers and over holes that compaction left.
/// </summary>
public sealed class BatchWalk : IDisposable
{
    private readonly RecordBatchReader _reader = new();
    private Memory<byte> _left;
    private RecordBatch _batch;
    private bool _isReading;

    /// <summary>Begins with what a fetch found in a partition.</summary>
    public void Begin(FetchedPartition found, long position)
    {
        Close();
        // Batches are read-only by contract; the view of a batch is made for writers too.
        _left = MemoryMarshal.AsMemory(found.Batches);
        Position = position;
    }

    /// <summary>The offset after everything that was read or passed over.</summary>
    public long Position { get; private set; }

    /// <summary>
    /// The next record at or after the position; false at the end of the batches. A batch that cannot be read is passed over and
    /// <paramref name="corrupt"/> is its range.
    /// </summary>
    public bool TryRead(out Record record, out OffsetRange? corrupt)
    {
        corrupt = null;
        record = default;
        while (_isReading || TryNextBatch())
        {
            try
            {
                if (!_isReading) _reader.Begin(_batch);
                _isReading = true;
                while (_reader.TryRead(out record))
                {
                    if (record.Offset >= Position) return true;
                }
            }
            catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
            {
                corrupt = new OffsetRange(Position, _batch.NextOffset);
            }

            Close();
            Position = Math.Max(Position, _batch.NextOffset);
            if (corrupt is not null) return false;
        }

        return false;
    }

    /// <summary>Steps behind a record that was given out.</summary>
    public void Pass(in Record record) => Position = record.Offset + 1;

    /// <inheritdoc/>
    public void Dispose()
    {
        _left = default;
        Close();
    }

    // Leaves the reader to be opened by the caller: opening decompresses, and that may fail.
    private bool TryNextBatch()
    {
        while (RecordBatch.TryRead(_left, out _batch))
        {
            _left = _left[_batch.Size..];
            if (_batch.NextOffset <= Position) continue;
            if (!_batch.IsControl) return true;
            Position = _batch.NextOffset;
        }

        return false;
    }

    private void Close()
    {
        _reader.Dispose();
        _isReading = false;
    }
}
