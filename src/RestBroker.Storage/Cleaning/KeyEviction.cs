using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Keeps the idempotency keys of a topic, or of all, within their number. The oldest go first, by the clock and in all partitions alike, so
/// that a request that touched several is forgotten as a whole.
/// </summary>
internal static class KeyEviction
{
    /// <summary>Forgets keys until there are no more than allowed, in steps of the clock.</summary>
    public static void Run(IReadOnlyList<PartitionLog> logs, int maxKeys, TimeSpan step)
    {
        var count = logs.Sum(log => (long)log.Producers.KeyCount);
        while (count > maxKeys && logs.Min(log => log.Producers.OldestKeyTime) is { } oldest)
            count -= logs.Sum(log => log.Producers.ForgetKeysUntil(oldest + (long)step.TotalMilliseconds));
    }
}
