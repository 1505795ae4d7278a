namespace RestBroker.Storage.Producers;

/// <summary>
/// The clock by which producers and keys are forgotten: the broker's, but one that is set ahead while it runs is not followed, since nobody
/// has been silent for that long. It is then late by as much until the clock is set back. Thread-safe.
/// </summary>
internal sealed class PatientClock
{
    private readonly Lock _gate = new();
    private DateTimeOffset _lastWall;
    private long? _lastTimestamp;
    private TimeSpan _ahead;

    /// <summary>The time in ms since 1970, or an earlier one.</summary>
    public long Read(TimeProvider time)
    {
        lock (_gate)
        {
            var (wall, timestamp) = (time.GetUtcNow(), time.GetTimestamp());
            if (_lastTimestamp is { } last)
            {
                var jump = wall - _lastWall - time.GetElapsedTime(last, timestamp);
                _ahead = _ahead + jump > TimeSpan.Zero ? _ahead + jump : TimeSpan.Zero;
            }

            (_lastWall, _lastTimestamp) = (wall, timestamp);
            return (wall - _ahead).ToUnixTimeMilliseconds();
        }
    }
}
