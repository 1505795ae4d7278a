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
    public bool IsIn(Memory<byte> bytes, out RecordBatch header, out long size) =>
        SegmentWalk.TryHeader(bytes, Left, out header, out size) && header.BaseOffset <= BaseOffset && header.LastOffset == LastOffset;
}
