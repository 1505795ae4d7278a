using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Log;

/// <summary>What a log begins with.</summary>
/// <param name="Segments">Its segments.</param>
/// <param name="Active">The last of them, if it can be appended to.</param>
/// <param name="NextOffset">The offset that the next record gets.</param>
/// <param name="HighWatermark">One past the last record.</param>
/// <param name="Memory">What it remembers.</param>
/// <param name="Producers">Whose batches it holds.</param>
internal sealed record LoadedLog(
    SegmentList Segments, LogSegment? Active, long NextOffset, long HighWatermark, LogMemory Memory, PartitionProducers Producers);
