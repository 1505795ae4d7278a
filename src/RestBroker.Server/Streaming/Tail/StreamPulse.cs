namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// What wakes a stream: records, the time of its heartbeat, the end of its client, and that of the broker, at which every heartbeat is due.
/// </summary>
internal sealed class StreamPulse : Due, IDisposable
{
    private readonly StreamClocks _clocks;
    private readonly CancellationTokenRegistration _over;
    private long _lastBeat;
    private volatile bool _isDue = true;

    public StreamPulse(StreamClocks clocks, ReadLifetime lifetime)
    {
        _clocks = clocks;
        _over = lifetime.Aborted.UnsafeRegister(static signal => ((WakeSignal)signal!).Wake(), Signal);
    }

    public WakeSignal Signal { get; } = new();

    public TimeProvider Time => _clocks.Time;

    /// <summary>Whether it is time for a heartbeat.</summary>
    public bool IsDue => _isDue;

    /// <summary>A wait elsewhere, until the heartbeat is due.</summary>
    public StreamWait WaitElsewhere(ReadLifetime lifetime) =>
        new(_clocks, _isDue ? TimeSpan.Zero : _clocks.UntilHeartbeat(_lastBeat), lifetime);

    /// <summary>The heartbeat was given; the next is due after its time.</summary>
    public void Beat()
    {
        _isDue = false;
        _lastBeat = _clocks.Time.GetTimestamp();
        _clocks.Heartbeats.Arm(this);
    }

    public void Dispose()
    {
        _over.Dispose();
        _clocks.Heartbeats.Disarm(this);
    }

    protected internal override void Happen()
    {
        _isDue = true;
        Signal.Wake();
    }
}
