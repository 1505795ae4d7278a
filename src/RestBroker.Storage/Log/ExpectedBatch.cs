using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>A batch that a read begins with, as an index or a walk tells.</summary>
/// <param name="Position">Where it lies.</param>
/// <param name="Left">Bytes from there to the segment's end.</param>
/// <param name="Size">About how many bytes it has.</param>
/// <param name="BaseOffset">The greatest base offset that it may have.</param>
/// <param name="LastOffset">Its last offset.</param>
internal readonly record struct ExpectedBatch(long Position, long Left, int Size, long BaseOffset, long LastOffset)
{
    /// <summary>Whether bytes begin with it, by its header; with its size then, which fits the segment.</summary>
    public bool IsIn(Memory<byte> bytes, out long baseOffset, out int size)
    {
        (baseOffset, size) = (0, 0);
        if (bytes.Length < RecordBatch.HeaderSize) return false;
        var announced = RecordBatch.SizeOf(bytes.Span);
        if (announced < RecordBatch.HeaderSize || announced > Math.Min(Left, BatchValidator.MaxBatchSize)) return false;
        var header = new RecordBatch(bytes[..RecordBatch.HeaderSize]);
        (baseOffset, size) = (header.BaseOffset, (int)announced);
        return baseOffset <= BaseOffset && header.LastOffset == LastOffset;
    }
}
