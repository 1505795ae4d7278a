namespace RestBroker.Storage.Cleaning;

/// <summary>What one compaction of a log did.</summary>
/// <param name="End">One past the last offset that it looked at.</param>
/// <param name="CopiedBytes">Bytes read and written.</param>
/// <param name="ReclaimedBytes">Bytes that the log has become smaller by.</param>
/// <param name="RemovedRecords">Records that were left out.</param>
/// <param name="SkippedSegments">Segments that stayed as they are, since some of them cannot be read.</param>
internal readonly record struct CompactionResult(
    long End, long CopiedBytes, long ReclaimedBytes, long RemovedRecords, int SkippedSegments);
