namespace RestBroker.Server.Streaming;

/// <summary>
/// The steps of one page: goes on while there is more and room for it; waits while there is nothing. A filtered page ends when it has
/// looked through enough, and its cursor tells how far.
/// </summary>
internal sealed class PageLoop(ReadSession session, TimeProvider time, TimeSpan wait, long maxScanBytes)
{
    private readonly long _began = time.GetTimestamp();
    private bool _isUnderWay;

    /// <summary>Makes a step; false when the page is complete.</summary>
    public ValueTask<bool> NextAsync(ReadLifetime lifetime)
    {
        if (_isUnderWay && IsComplete()) return ValueTask.FromResult(false);
        var maxWait = _isUnderWay && (session.HasSpoken || !session.IsUpToDate) ? TimeSpan.Zero : Left();
        if (session.IsOver) maxWait = TimeSpan.Zero; // it begins where it is to end
        _isUnderWay = true;
        return session.FetchAsync(maxWait, lifetime);
    }

    /// <summary>Whether so much was looked through that the page is given out, be it empty.</summary>
    public bool HasScannedEnough => session.Filter is not null && session.ScannedBytes >= maxScanBytes;

    /// <summary>
    /// Goes to the end of the page without a word, and tells the last offset still to come and the number of records in all: what stands
    /// before a page that is sent as it is read. The page then ends after so many, though there may be more by then.
    /// </summary>
    public async ValueTask<(long? LastOffset, long Count)> LookAheadAsync(ReadLifetime lifetime)
    {
        using var ahead = session.LookAhead();
        var loop = new PageLoop(ahead, time, TimeSpan.Zero, maxScanBytes) { _isUnderWay = true };
        long? last = null;
        do
        {
            while (ahead.TryRead(out var item))
            {
                if (item.Notice is null) last = item.Record.Offset;
            }
        }
        while (await loop.NextAsync(lifetime));
        session.GoAfter(ahead);
        return (last, ahead.Delivered);
    }

    private bool IsComplete() =>
        session.IsFull
        || session.IsOver
        || HasScannedEnough
        || (session.IsUpToDate && (session.HasSpoken || Left() == TimeSpan.Zero));

    private TimeSpan Left()
    {
        var left = wait - time.GetElapsedTime(_began);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
