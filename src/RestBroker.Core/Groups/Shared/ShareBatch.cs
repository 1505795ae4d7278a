using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups.Shared;

/// <summary>How much a member of a shared group wants.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Limit">At most so many records.</param>
/// <param name="MaxBytes">At most so many bytes of keys, values and headers, yet at least one record.</param>
/// <param name="Wait">How long to wait for a first record; <see cref="Timeout.InfiniteTimeSpan"/> = until the fetch is stopped.</param>
/// <param name="AcceptAtOnce">Whether the records are accepted before they are given out: at most once.</param>
public sealed record ShareFetch(string Member, int Limit, int MaxBytes, TimeSpan Wait, bool AcceptAtOnce = false);

/// <summary>A record that a member holds. It owns its bytes.</summary>
/// <param name="Partition">Its partition.</param>
/// <param name="Record">The record.</param>
/// <param name="DeliveryCount">How often it was given out, this time included.</param>
/// <param name="Receipt">What to show when it is acknowledged; null where that was done already.</param>
public sealed record SharedRecord(TopicPartition Partition, Record Record, int DeliveryCount, string? Receipt);

/// <summary>Offsets that nobody was done with and that cannot be had any more.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="From">The first.</param>
/// <param name="To">One past the last.</param>
/// <param name="IsTrimmed">Whether the log begins later now; otherwise they are damaged on disk.</param>
public readonly record struct ShareGap(TopicPartition Partition, long From, long To, bool IsTrimmed);

/// <summary>What a fetch gave out.</summary>
public sealed class ShareBatch
{
    private readonly List<SharedRecord> _records = [];
    private readonly List<ShareGap> _gaps = [];
    private readonly List<(ShareSlot Slot, long HoldId)> _holds = [];
    private readonly ShareFetch _fetch;
    private long _bytes;

    internal ShareBatch(ShareFetch fetch) => _fetch = fetch;

    /// <summary>In order within each partition.</summary>
    public IReadOnlyList<SharedRecord> Records => _records;

    /// <summary>What was met on the way.</summary>
    public IReadOnlyList<ShareGap> Gaps => _gaps;

    /// <summary>Whether nothing more was there to be given out.</summary>
    public bool IsUpToDate { get; internal set; }

    /// <summary>Records that the group has not done, those held included, when the batch was made.</summary>
    public long Lag { get; internal set; }

    /// <summary>When the holds end, by the wall clock.</summary>
    public DateTimeOffset ExpiresAt { get; internal set; }

    /// <summary>The same as a span.</summary>
    public TimeSpan ExpiresIn { get; internal set; }

    internal ShareFetch Fetch => _fetch;

    internal IReadOnlyList<(ShareSlot Slot, long HoldId)> Holds => _holds;

    internal int Room => _fetch.Limit - _records.Count;

    internal int BytesLeft => (int)Math.Max(0, _fetch.MaxBytes - _bytes);

    internal bool IsFull => Room <= 0 || (_records.Count > 0 && BytesLeft == 0);

    internal void Add(SharedRecord record)
    {
        _records.Add(record);
        _bytes += record.Record.Size;
    }

    internal void Add(ShareGap gap) => _gaps.Add(gap);

    internal void Add(ShareSlot slot, long holdId) => _holds.Add((slot, holdId));
}
