using System.ComponentModel.DataAnnotations;

namespace RestBroker.Server.Composition;

/// <summary>
/// The section <c>RestBroker</c> of the configuration (environment <c>RestBroker__Name</c>, command line <c>--RestBroker:Name=…</c>).
/// Every limit is here; each is checked before memory is taken.
/// </summary>
public sealed class RestBrokerOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "RestBroker";

    /// <summary>Where the logs are; relative to the directory the broker was started in.</summary>
    [Required]
    public string DataDirectory { get; set; } = "data";

    /// <summary>How the console log is written: <c>text</c> or <c>json</c> (one compact event a line).</summary>
    [RegularExpression("text|json")]
    public string LogFormat { get; set; } = "text";

    /// <summary>Whether a produce request to <c>/records</c> or <c>/raw</c> creates a topic that does not exist.</summary>
    public bool AutoCreateTopics { get; set; } = true;

    /// <summary>Partitions of a topic for which none were given.</summary>
    [Range(1, 10_000)]
    public int DefaultPartitionCount { get; set; } = 1;

    /// <summary>Topics that produce requests may create, per second.</summary>
    [Range(1, 10_000)]
    public int MaxAutoCreationsPerSecond { get; set; } = 10;

    /// <summary>For how long a deleted topic is not created again by a produce request, in seconds.</summary>
    [Range(0, 86_400)]
    public int DeletedTopicGraceSeconds { get; set; } = 60;

    /// <summary>How often retention and compaction look at the logs, in seconds; retention also looks at one that has just closed a segment.</summary>
    [Range(1, 86_400)]
    public int CleanerIntervalSeconds { get; set; } = 15;

    /// <summary>Memory for the keys of the log that is being compacted, in bytes; where it is full, the next round goes on.</summary>
    [Range(65_536, 1_073_741_824)]
    public int CompactionBufferBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>How fast compaction may read and write, in bytes per second.</summary>
    [Range(65_536, long.MaxValue)]
    public long CompactionBytesPerSecond { get; set; } = 64 * 1024 * 1024;

    /// <summary>Threads that sync logs to the disk; a lone record on a quick disk is synced without them.</summary>
    [Range(1, 64)]
    public int FlusherThreads { get; set; } = 2;

    /// <summary>The most threads that read for fetches what memory does not hold: so many wait for the disk at the same time.</summary>
    [Range(1, 256)]
    public int DiskReadThreads { get; set; } = 16;

    /// <summary>
    /// How much room is made ahead of the end of a segment whose records are synced, at most, and never more than it holds: a record that is
    /// written there is synced in less time. In bytes, at most 1 MiB; 0 = none.
    /// </summary>
    [Range(0, 1024 * 1024)]
    public int PreallocateBytes { get; set; } = 128 * 1024;

    /// <summary>
    /// So much of the disk is kept free: producers get 507 before it is full, while reads, deletions, retention and commits go on. At most
    /// a twentieth of the file system; 0 = none. In bytes.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long DiskReserveBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Segment files that are kept open, at most about half of what the process may open. One that waits for its sync stays open: where all
    /// do, an append is 429.
    /// </summary>
    [Range(16, 1_000_000)]
    public int MaxOpenSegments { get; set; } = 4_000;

    /// <summary>The largest body of a request that is not streamed, in bytes.</summary>
    [Range(1024, 1_073_741_824)]
    public int MaxRequestBodyBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>
    /// How many bytes each byte of an encoded body (Content-Encoding) may become, and of compressed record batches, beyond the first
    /// <see cref="MaxRequestBodyBytes"/>.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxDecompressionRatio { get; set; } = 200;

    /// <summary>Records in one request of JSON or of record batches.</summary>
    [Range(1, 10_000_000)]
    public int MaxRecordsPerRequest { get; set; } = 10_000;

    /// <summary>The largest key, in bytes.</summary>
    [Range(1, 16_777_216)]
    public int MaxKeyBytes { get; set; } = 32 * 1024;

    /// <summary>Headers of one record.</summary>
    [Range(0, 10_000)]
    public int MaxHeadersPerRecord { get; set; } = 64;

    /// <summary>All headers of one record together, names and values, in bytes.</summary>
    [Range(0, 16_777_216)]
    public int MaxHeaderBytesPerRecord { get; set; } = 32 * 1024;

    /// <summary>The longest line of an NDJSON upload, in bytes.</summary>
    [Range(1024, 67_108_864)]
    public int MaxNdjsonLineBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>How deep the JSON of a record's value may be.</summary>
    [Range(1, 1000)]
    public int MaxValueDepth { get; set; } = 64;

    /// <summary>Topics in all.</summary>
    [Range(1, 1_000_000)]
    public int MaxTopics { get; set; } = 5_000;

    /// <summary>Partitions of one topic.</summary>
    [Range(1, 100_000)]
    public int MaxPartitionsPerTopic { get; set; } = 1_000;

    /// <summary>Partitions in all.</summary>
    [Range(1, 1_000_000)]
    public int MaxPartitions { get; set; } = 10_000;

    /// <summary>Producers that are remembered; one that writes to two partitions counts twice.</summary>
    [Range(1, 100_000_000)]
    public int MaxProducers { get; set; } = 100_000;

    /// <summary>A producer that has appended nothing to a partition for so long is forgotten there, in seconds.</summary>
    [Range(1, 31_536_000)]
    public int ProducerExpirationSeconds { get; set; } = 86_400;

    /// <summary>Idempotency keys that are remembered of a topic; the oldest are forgotten. About 130 bytes of memory a key and partition.</summary>
    [Range(1, 10_000_000)]
    public int MaxIdempotencyKeysPerTopic { get; set; } = 1_000_000;

    /// <summary>Idempotency keys of all topics together, one that touched two partitions counted twice.</summary>
    [Range(1, 100_000_000)]
    public int MaxIdempotencyKeys { get; set; } = 4_000_000;

    /// <summary>For how long an idempotency key is remembered, in seconds.</summary>
    [Range(1, 31_536_000)]
    public int IdempotencyKeyWindowSeconds { get; set; } = 86_400;

    /// <summary>Partitions that one read may span.</summary>
    [Range(1, 10_000)]
    public int MaxPartitionsPerRead { get; set; } = 256;

    /// <summary>The most bytes of records that one read returns.</summary>
    [Range(1024, 1_073_741_824)]
    public int MaxFetchBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>How many bytes a filtered read looks through before it answers.</summary>
    [Range(1024, long.MaxValue)]
    public long MaxFilteredScanBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Time between heartbeats of an event stream, in seconds.</summary>
    [Range(1, 3600)]
    public int HeartbeatSeconds { get; set; } = 15;

    /// <summary>Event streams and NDJSON follows at once.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; set; } = 10_000;

    /// <summary>The same, from one client address.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreamsPerAddress { get; set; } = 1_000;

    /// <summary>A stream or a large page whose client reads nothing for this long is closed, in seconds.</summary>
    [Range(1, 3600)]
    public int StalledStreamSeconds { get; set; } = 45;

    /// <summary>Consumer groups in all.</summary>
    [Range(1, 1_000_000)]
    public int MaxGroups { get; set; } = 10_000;

    /// <summary>Members of one consumer group.</summary>
    [Range(1, 100_000)]
    public int MaxMembersPerGroup { get; set; } = 1_000;

    /// <summary>Records of one partition of a shared group that are given out and not done with.</summary>
    [Range(1, 100_000)]
    public int MaxSharedRecordsInFlight { get; set; } = 2_000;

    /// <summary>Web origins, exact, whose pages may use the API: <c>https://app.example.com</c>.</summary>
    public OriginList CorsOrigins { get; set; } = [];
}
