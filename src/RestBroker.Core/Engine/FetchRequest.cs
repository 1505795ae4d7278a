using RestBroker.Core.Topics;

namespace RestBroker.Core.Engine;

/// <summary>
/// A question for batches of several partitions. They are read in the order given until <see cref="MaxBytes"/> is reached; the first
/// partition that has anything gives at least one batch whatever its size.
/// </summary>
public sealed record FetchRequest
{
    /// <summary>Where to read from, in the order of reading.</summary>
    public required IReadOnlyList<FetchPartition> Partitions { get; init; }

    /// <summary>Wait until there are this many bytes, or an error; 0 never waits.</summary>
    public int MinBytes { get; init; } = 1;

    /// <summary>Stop adding batches at this many bytes.</summary>
    public int MaxBytes { get; init; } = 1024 * 1024;

    /// <summary>
    /// How long to wait for <see cref="MinBytes"/>; <see cref="Timeout.InfiniteTimeSpan"/> = until the call is cancelled, which costs no timer.
    /// </summary>
    public TimeSpan MaxWait { get; init; }

    /// <summary>Whether there is any wait at all.</summary>
    public bool MayWait => MaxWait > TimeSpan.Zero || MaxWait == Timeout.InfiniteTimeSpan;
}

/// <summary>Where to read in one partition.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="Offset">The first offset wanted; a batch that contains it is given whole.</param>
/// <param name="TopicId">The incarnation expected; null = whichever bears the name.</param>
public readonly record struct FetchPartition(TopicPartition Partition, long Offset, Guid? TopicId = null);
