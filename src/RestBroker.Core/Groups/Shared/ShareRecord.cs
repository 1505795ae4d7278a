namespace RestBroker.Core.Groups.Shared;

/// <summary>Where a record of a shared group stands. One that is done with, in whatever way, is not kept at all.</summary>
internal enum ShareRecordState : byte
{
    /// <summary>It waits for a member; it was given out before.</summary>
    Available,

    /// <summary>A member holds it.</summary>
    Acquired,

    /// <summary>It was released and waits for its time.</summary>
    Delayed,

    /// <summary>A member rejected it; it is on its way to the dead letters.</summary>
    Rejected,

    /// <summary>It was given out as often as allowed; it is on its way to the dead letters.</summary>
    Exhausted,
}

/// <summary>A record that was given out and is not done with.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="DeliveryCount">How often it was given out.</param>
/// <param name="Due">Acquired: when the hold ends. Delayed: when it is available. By the monotonic clock; else 0.</param>
/// <param name="Hold">Acquired: who holds it.</param>
internal readonly record struct ShareRecord(ShareRecordState State, int DeliveryCount, TimeSpan Due = default, ShareHold? Hold = null)
{
    internal bool IsDead => State is ShareRecordState.Rejected or ShareRecordState.Exhausted;

    internal bool IsHeldBy(long holdId) => State == ShareRecordState.Acquired && Hold!.Id == holdId;
}

/// <summary>What one fetch took from one partition.</summary>
/// <param name="Id">Random: whoever shows it was given the records.</param>
/// <param name="Member">Who fetched.</param>
internal sealed record ShareHold(long Id, string Member);

/// <summary>How many records of a partition stand where.</summary>
internal record struct ShareCounts(int Available, int Acquired, int Delayed, int Dead)
{
    internal void Add(ShareRecordState state, int count)
    {
        if (state == ShareRecordState.Available) Available += count;
        else if (state == ShareRecordState.Acquired) Acquired += count;
        else if (state == ShareRecordState.Delayed) Delayed += count;
        else Dead += count;
    }
}
