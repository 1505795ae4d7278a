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
    public async ValueTask<bool> NextAsync(ReadLifetime lifetime)
    {
        if (_isUnderWay && IsComplete()) return false;
        var maxWait = _isUnderWay && (session.HasSpoken || !session.IsUpToDate) ? TimeSpan.Zero : Left();
        if (session.IsOver) maxWait = TimeSpan.Zero; // it begins where it is to end
        _isUnderWay = true;
        return await session.FetchAsync(maxWait, lifetime);
    }

    /// <summary>Whether so much was looked through that the page is given out, be it empty.</summary>
    public bool HasScannedEnough => session.IsFiltered && session.ScannedBytes >= maxScanBytes;

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
