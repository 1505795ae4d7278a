using System.Collections.Immutable;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// The rules of one partition of a shared group, as a pure state machine: every verb gives the partition as it is afterwards. Immutable;
/// no clock, no I/O. Where it is another object than before, it must be on disk before anybody is answered.
/// </summary>
/// <remarks>
/// Only records that were given out and are not done with are kept; below <see cref="End"/> whatever is not among them is done with. So
/// acknowledged ranges cost nothing, and one slow record does not hold the others up: what is bounded is how many are kept.
/// </remarks>
internal sealed record SharePartition
{
    private SharePartition(long end, ImmutableSortedDictionary<long, ShareRecord> records, ShareCounts counts, TimeSpan nextDue) =>
        (End, Records, Counts, NextDue) = (end, records, counts, nextDue);

    /// <summary>The next offset that was never given out.</summary>
    internal long End { get; }

    /// <summary>By offset, all below <see cref="End"/>.</summary>
    internal ImmutableSortedDictionary<long, ShareRecord> Records { get; }

    /// <summary>How many of them stand where.</summary>
    internal ShareCounts Counts { get; }

    /// <summary>No hold and no delay ends before this; it may be too early, and is exact after every <see cref="Expire"/> that was due.</summary>
    internal TimeSpan NextDue { get; }

    /// <summary>All below is done with: the committed offset.</summary>
    internal long Start => Records.IsEmpty ? End : Records.First().Key;

    /// <summary>A partition of which everything below an offset is done with.</summary>
    internal static SharePartition At(long offset) =>
        new(offset, ImmutableSortedDictionary<long, ShareRecord>.Empty, default, TimeSpan.MaxValue);

    /// <summary>A partition as it was loaded.</summary>
    internal static SharePartition Load(long end, IEnumerable<KeyValuePair<long, ShareRecord>> records)
    {
        var edit = new Editor(At(end));
        foreach (var (offset, record) in records) edit.Set(offset, record);
        return edit.Done(end);
    }

    /// <summary>Ends the holds and delays whose time has come. A hold that ends counts as a delivery.</summary>
    internal SharePartition Expire(TimeSpan now, int maxDeliveries)
    {
        if (NextDue > now) return this;
        var edit = new Editor(this);
        foreach (var (offset, record) in Records)
        {
            if (record.Due > now) continue;
            if (record.State == ShareRecordState.Acquired) edit.Set(offset, GivenBack(record, maxDeliveries));
            else if (record.State == ShareRecordState.Delayed) edit.Set(offset, record with { State = ShareRecordState.Available, Due = default });
        }

        return edit.DoneExactly(End);
    }

    /// <summary>Gives records out. What is no longer available is left as it is; a find that was looked for at another end gives nothing.</summary>
    internal SharePartition Acquire(ShareFind find, ShareHold hold, TimeSpan until)
    {
        if (find.End != End) return this;
        var edit = new Editor(this);
        foreach (var offset in find.Missing)
        {
            if (IsAvailable(offset)) edit.Remove(offset);
        }

        foreach (var offset in find.Found)
        {
            if (offset < End && !IsAvailable(offset)) continue;
            edit.Set(offset, new ShareRecord(ShareRecordState.Acquired, Records.GetValueOrDefault(offset).DeliveryCount + 1, until, hold));
        }

        return edit.Done(Math.Max(End, find.NextEnd));
    }

    /// <summary>Whether a record can be given out once more.</summary>
    internal bool IsAvailable(long offset) => Records.TryGetValue(offset, out var record) && record.State == ShareRecordState.Available;

    /// <summary>Whether this hold has the record.</summary>
    internal bool Holds(long offset, long holdId) => Records.TryGetValue(offset, out var record) && record.IsHeldBy(holdId);

    /// <summary>The record is done.</summary>
    internal SharePartition Accept(long offset) => Edit(edit => edit.Remove(offset));

    /// <summary>The record can never be done.</summary>
    internal SharePartition Reject(long offset) =>
        Edit(edit => edit.Set(offset, new ShareRecord(ShareRecordState.Rejected, Records[offset].DeliveryCount)));

    /// <summary>The hold goes on until later.</summary>
    internal SharePartition Renew(long offset, TimeSpan until) => Edit(edit => edit.Set(offset, Records[offset] with { Due = until }));

    /// <summary>The record goes back; <paramref name="availableAt"/> is null where that is at once.</summary>
    internal SharePartition Release(long offset, TimeSpan? availableAt, int maxDeliveries)
    {
        var back = GivenBack(Records[offset], maxDeliveries);
        if (availableAt is { } due && !back.IsDead) back = back with { State = ShareRecordState.Delayed, Due = due };
        return Edit(edit => edit.Set(offset, back));
    }

    /// <summary>Gives back at once all that a member holds.</summary>
    internal SharePartition Leave(string member, int maxDeliveries) => Edit(edit =>
    {
        foreach (var (offset, record) in Records)
        {
            if (record.Hold?.Member == member) edit.Set(offset, GivenBack(record, maxDeliveries));
        }
    });

    /// <summary>Undoes a hold whose records nobody was given: it does not count as a delivery.</summary>
    internal SharePartition Undo(long holdId) => Edit(edit =>
    {
        foreach (var (offset, record) in Records)
        {
            if (record.IsHeldBy(holdId)) edit.Set(offset, new ShareRecord(ShareRecordState.Available, record.DeliveryCount - 1));
        }
    });

    /// <summary>The dead record lies with the dead letters, or is dropped.</summary>
    internal SharePartition Bury(long offset) => Records.GetValueOrDefault(offset).IsDead ? Edit(edit => edit.Remove(offset)) : this;

    /// <summary>What lies below is no longer in the log.</summary>
    internal SharePartition Trim(long logStart)
    {
        if (Start >= logStart) return this;
        var edit = new Editor(this);
        foreach (var offset in Records.Keys.TakeWhile(offset => offset < logStart)) edit.Remove(offset);
        return edit.Done(Math.Max(End, logStart));
    }

    // Whoever had it for the last time allowed and gave it back has used it up.
    private static ShareRecord GivenBack(in ShareRecord record, int maxDeliveries) => new(
        record.DeliveryCount >= maxDeliveries ? ShareRecordState.Exhausted : ShareRecordState.Available, record.DeliveryCount);

    private SharePartition Edit(Action<Editor> change)
    {
        var edit = new Editor(this);
        change(edit);
        return edit.Done(End);
    }

    /// <summary>Several changes at once; keeps the counts and the next due time.</summary>
    private sealed class Editor(SharePartition partition)
    {
        private readonly ImmutableSortedDictionary<long, ShareRecord>.Builder _records = partition.Records.ToBuilder();
        private ShareCounts _counts = partition.Counts;
        private TimeSpan _nextDue = partition.NextDue;

        internal void Set(long offset, ShareRecord record)
        {
            Forget(offset);
            _records[offset] = record;
            _counts.Add(record.State, 1);
            if (HasDue(record) && record.Due < _nextDue) _nextDue = record.Due;
        }

        internal void Remove(long offset)
        {
            Forget(offset);
            _records.Remove(offset);
        }

        internal SharePartition Done(long end)
        {
            var records = _records.ToImmutable();
            if (end == partition.End && ReferenceEquals(records, partition.Records)) return partition;
            return new SharePartition(end, records, _counts, _counts.Acquired + _counts.Delayed == 0 ? TimeSpan.MaxValue : _nextDue);
        }

        // Looks at every record, so that the next look is not made in vain.
        internal SharePartition DoneExactly(long end)
        {
            _nextDue = _records.Values.Where(HasDue).Select(record => record.Due).DefaultIfEmpty(TimeSpan.MaxValue).Min();
            return new SharePartition(end, _records.ToImmutable(), _counts, _nextDue);
        }

        private static bool HasDue(ShareRecord record) => record.State is ShareRecordState.Acquired or ShareRecordState.Delayed;

        private void Forget(long offset)
        {
            if (_records.TryGetValue(offset, out var before)) _counts.Add(before.State, -1);
        }
    }
}

/// <summary>What a search of the log found to give out.</summary>
/// <param name="End">The partition's end when the search began.</param>
/// <param name="NextEnd">Its end if all is given out: beyond the last record that was looked at.</param>
/// <param name="Found">Records to give out, rising.</param>
/// <param name="Missing">Records that were to be given out again and are no longer in the log.</param>
internal sealed record ShareFind(long End, long NextEnd, IReadOnlyList<long> Found, IReadOnlyList<long> Missing);
