namespace RestBroker.Storage.Log;

/// <summary>What a read wants of a log.</summary>
/// <param name="Offset">Whole batches from the one that holds it, or the first behind it.</param>
/// <param name="Limit">The offset below which they lie.</param>
/// <param name="MaxBytes">How much of them; one batch at least, whatever its size.</param>
/// <param name="MayWait">Whether the disk may be waited for. Otherwise only what memory holds is read.</param>
internal readonly record struct ReadWish(long Offset, long Limit, int MaxBytes, bool MayWait = true);
