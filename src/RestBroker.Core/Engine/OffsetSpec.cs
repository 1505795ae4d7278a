namespace RestBroker.Core.Engine;

/// <summary>A place in a partition's log that is not an offset.</summary>
public readonly record struct OffsetSpec
{
    private enum Kind
    {
        Earliest,
        Latest,
        Timestamp,
    }

    private readonly Kind _kind;

    private OffsetSpec(Kind kind, long timestamp)
    {
        _kind = kind;
        Timestamp = timestamp;
    }

    /// <summary>The log start.</summary>
    public static OffsetSpec Earliest { get; } = new(Kind.Earliest, 0);

    /// <summary>The high watermark.</summary>
    public static OffsetSpec Latest { get; } = new(Kind.Latest, 0);

    /// <summary>The first record whose timestamp (ms since 1970) is this or later; the high watermark where there is none.</summary>
    public static OffsetSpec At(long timestamp) => new(Kind.Timestamp, timestamp);

    /// <summary>Whether this is the log start.</summary>
    public bool IsEarliest => _kind == Kind.Earliest;

    /// <summary>Whether this is the high watermark.</summary>
    public bool IsLatest => _kind == Kind.Latest;

    /// <summary>The time asked for, in ms since 1970; 0 unless it is neither the start nor the end.</summary>
    public long Timestamp { get; }
}

/// <summary>A place resolved to an offset.</summary>
/// <param name="Partition">The partition's number.</param>
/// <param name="Offset">The offset.</param>
/// <param name="Timestamp">The found record's timestamp in ms; null where no record was looked for or found.</param>
public readonly record struct ListedOffset(int Partition, long Offset, long? Timestamp);
