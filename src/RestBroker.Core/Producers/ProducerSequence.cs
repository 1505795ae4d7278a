namespace RestBroker.Core.Producers;

/// <summary>Arithmetic of sequence numbers as Kafka counts them: 0 to 2^31-1, and 0 again.</summary>
public static class ProducerSequence
{
    private const long Modulus = 1L << 31;

    /// <summary>The sequence a number of records further on.</summary>
    public static int Add(int sequence, long count) => (int)((sequence + count) % Modulus);

    /// <summary>How many records one sequence lies before another, going up from the first and round at the end.</summary>
    public static long Distance(int from, int to) => (to - from + Modulus) % Modulus;

    /// <summary>
    /// Whether a sequence is sure to have been there before what is expected. Beyond the end of a round nobody remembers whether there was
    /// one: such a sequence is never told to be stored.
    /// </summary>
    public static bool IsBehind(int sequence, int expected) => sequence < expected;
}
