namespace RestBroker.Storage;

/// <summary>What the embedded engine needs to know: plain and checked, made from whatever options there are.</summary>
public sealed record LogConfig
{
    internal const int DefaultPreallocateBytes = 128 * 1024;

    /// <summary>Where everything is kept; made if it is not there.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Partitions of a topic that does not say how many it wants.</summary>
    public int DefaultPartitionCount { get; init; } = 1;

    /// <summary>Threads that sync, so that a slow sync of one log does not hold up the others.</summary>
    public int FlusherThreads { get; init; } = 2;

    /// <summary>The most threads that read for fetches what memory does not hold: so many wait for the disk at the same time.</summary>
    public int DiskReadThreads { get; init; } = 16;

    /// <summary>
    /// How much room is made ahead of the end of a segment whose records are synced, at most, and never more than it holds: a record that is
    /// written there is synced in less time. In bytes, at most 1 MiB; 0 = none.
    /// </summary>
    public int PreallocateBytes { get; init; } = DefaultPreallocateBytes;

    /// <summary>The scope of the engine's meters, by which a listener knows them where a process has several engines; null = none.</summary>
    public object? MeterScope { get; init; }

    /// <summary>How often old segments and logs to be compacted are looked for.</summary>
    public TimeSpan CleanerInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Memory for the keys of the log that is being compacted; where it is full, the next run goes on.</summary>
    public long CompactionBufferBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>How fast compaction may read and write.</summary>
    public long CompactionBytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>How often logs that nobody waits for are synced and every log's checkpoint is written.</summary>
    public TimeSpan CheckpointInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The most topics, internal ones included.</summary>
    public int MaxTopics { get; init; } = 5_000;

    /// <summary>The most partitions of a topic.</summary>
    public int MaxPartitionsPerTopic { get; init; } = 1_000;

    /// <summary>The most partitions of all topics together.</summary>
    public int MaxPartitions { get; init; } = 10_000;

    /// <summary>The most producers that all partitions together remember; one that writes to two partitions counts twice.</summary>
    public int MaxProducers { get; init; } = 100_000;

    /// <summary>A producer that has appended nothing to a partition for so long is forgotten there.</summary>
    public TimeSpan ProducerExpiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The most idempotency keys that are remembered of a topic; the oldest are forgotten.</summary>
    public int MaxIdempotencyKeysPerTopic { get; init; } = 1_000_000;

    /// <summary>The most idempotency keys of all topics together.</summary>
    public int MaxIdempotencyKeys { get; init; } = 4_000_000;

    /// <summary>For how long an idempotency key is remembered.</summary>
    public TimeSpan IdempotencyKeyWindow { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The most segment files that are kept open; the ones longest unused are closed. See <see cref="DescriptorBudget"/>.</summary>
    public int MaxOpenSegments { get; init; } = 4_000;

    /// <summary>
    /// So much of the disk is kept free: producers are refused before it is full, so that deleting, retention and commits still find
    /// room. At most a twentieth of the file system; 0 = none.
    /// </summary>
    public long DiskReserveBytes { get; init; } = 64 * 1024 * 1024;
}
