using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>
/// Counts the whole batches at the beginning of bytes that grow. Stops before one that is cut off by their end, and for good before one
/// that does not belong there: the next read begins with it and tells. Not thread-safe.
/// </summary>
/// <param name="expected">The base offset of the first.</param>
/// <param name="end">The offset below which they lie.</param>
/// <param name="maxBytes">How much of them is wanted; one at least, whatever its size.</param>
internal struct WholeBatches(long expected, long end, int maxBytes)
{
    private long _expected = expected;
    private int _leaderEpoch = int.MaxValue;

    /// <summary>Bytes of whole batches.</summary>
    public int Size { get; private set; }

    /// <summary>Whether no more can follow, whatever comes.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Counts on; the bytes begin with those of the last time.</summary>
    public void Take(Memory<byte> bytes)
    {
        while (!IsOver && HasWhole(bytes.Span[Size..]))
        {
            IsOver = !RecordBatch.TryRead(bytes[Size..], out var batch) || !IsNext(batch) || batch.NextOffset > end || !HasRoomFor(batch) || !batch.IsCrcValid();
            if (IsOver) return;
            Size += batch.Size;
            _expected = batch.NextOffset;
            _leaderEpoch = batch.LeaderEpoch;
        }
    }

    private static bool HasWhole(ReadOnlySpan<byte> bytes) => bytes.Length >= RecordBatch.HeaderSize && RecordBatch.SizeOf(bytes) <= bytes.Length;

    private readonly bool HasRoomFor(RecordBatch batch) => Size == 0 || Size + batch.Size <= maxBytes;

    // A gap is where another leader began.
    private readonly bool IsNext(RecordBatch batch) =>
        batch.BaseOffset == _expected || (batch.BaseOffset > _expected && batch.LeaderEpoch > _leaderEpoch);
}
