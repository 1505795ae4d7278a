namespace RestBroker.Core.Producers;

/// <summary>
/// The two halves of the producer ids: those below 2^62 are counted and given out, those from there on are made of idempotency keys.
/// </summary>
public static class ProducerIds
{
    /// <summary>The first id that stands for an idempotency key; every counted one is below it.</summary>
    public const long FirstOfKeys = 1L << 62;

    /// <summary>Whether an id was given out by the broker's counter.</summary>
    public static bool IsCounted(long producerId) => producerId is >= 0 and < FirstOfKeys;

    /// <summary>Whether an id stands for an idempotency key.</summary>
    public static bool IsOfKey(long producerId) => producerId >= FirstOfKeys;
}
