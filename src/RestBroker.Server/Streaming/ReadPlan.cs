using RestBroker.Core.Engine;

namespace RestBroker.Server.Streaming;

/// <summary>What a read wants, resolved: positions, filter, bounds.</summary>
internal sealed record ReadPlan
{
    /// <summary>At least one, in the order of the request.</summary>
    public required IReadOnlyList<TopicPosition> Topics { get; init; }

    /// <summary>Null takes every record.</summary>
    public RecordFilter? Filter { get; init; }

    /// <summary>At most this many records.</summary>
    public long Limit { get; init; } = long.MaxValue;

    /// <summary>At most this many bytes of keys, values and headers, but at least one record.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Whether it ends where the bounds of its topics are.</summary>
    public bool HasUntil { get; init; }

    /// <summary>How many bytes of batches one step reads.</summary>
    public int StepBytes { get; init; } = 1024 * 1024;

    /// <summary>Partitions that the read may span.</summary>
    public required int MaxPartitions { get; init; }

    /// <summary>Positions before the start or beyond the end are moved to it instead of being refused.</summary>
    public bool Clamp { get; init; }

    /// <summary>Where a stream goes on whose position lies beyond the end.</summary>
    public StartPosition From { get; init; } = StartPosition.Latest;
}
