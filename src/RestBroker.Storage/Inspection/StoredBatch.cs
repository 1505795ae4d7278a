using RestBroker.Core.Engine;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Inspection;

/// <summary>A batch as it lies in a file, or what cannot be read there. Its bytes are valid until the next one is asked for.</summary>
/// <param name="File">The segment's file name.</param>
/// <param name="Position">Where it begins.</param>
/// <param name="Size">How long it is, in bytes.</param>
/// <param name="Batch">The batch; null where there is none that can be read.</param>
/// <param name="Damaged">The offsets that cannot be read; <see cref="long.MaxValue"/> at its end = nobody knows how many.</param>
public readonly record struct StoredBatch(string File, long Position, long Size, RecordBatch? Batch, OffsetRange? Damaged);
