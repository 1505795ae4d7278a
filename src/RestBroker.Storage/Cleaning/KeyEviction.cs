using RestBroker.Storage.Log;

namespace RestBroker.Storage.Cleaning;

/// <summary>
/// Keeps a topic's idempotency keys within their number. The oldest go first, by the clock and in all partitions alike, so that a request
/// that touched several is forgotten as a whole.
/// </summary>
internal static class KeyEviction
{
    public static void Run(IReadOnlyList<PartitionLog> logs, int maxKeys)
    {
        var count = logs.Sum(log => (long)log.Producers.KeyCount);
        while (count > maxKeys && logs.Min(log => log.Producers.OldestKeyTime) is { } oldest)
            count -= logs.Sum(log => log.Producers.ForgetKeysUntil(oldest));
    }
}
