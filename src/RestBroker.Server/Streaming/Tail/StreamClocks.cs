using Microsoft.Extensions.Options;
using RestBroker.Server.Composition;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>The timers of all streams together: no stream has one of its own.</summary>
internal sealed class StreamClocks : IDisposable
{
    // When the broker stops, a client has so long to take what is left for it, with the goodbye.
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(4);

    private readonly CancellationTokenRegistration _stopping;
    private ITimer? _drain;

    public StreamClocks(IOptions<RestBrokerOptions> options, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        Time = time;
        Heartbeats = new DueQueue(time, TimeSpan.FromSeconds(options.Value.HeartbeatSeconds));
        Alarms = new AlarmClock(time);
        Stalls = new DueQueue(time, TimeSpan.FromSeconds(options.Value.StalledStreamSeconds));
        _stopping = lifetime.ApplicationStopping.Register(Stop);
    }

    public TimeProvider Time { get; }

    /// <summary>Streams that have been without a heartbeat for its time.</summary>
    public DueQueue Heartbeats { get; }

    /// <summary>How long a stream is still without a heartbeat that gave one then, by <see cref="Time"/>'s timestamp.</summary>
    public TimeSpan UntilHeartbeat(long last)
    {
        var left = Heartbeats.Delay - Time.GetElapsedTime(last);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>Whatever else a stream waits for until a time.</summary>
    public AlarmClock Alarms { get; }

    /// <summary>Writes that the client has not taken in the time allowed.</summary>
    public DueQueue Stalls { get; }

    public void Dispose()
    {
        _stopping.Dispose();
        _drain?.Dispose();
        Heartbeats.Dispose();
        Alarms.Dispose();
        Stalls.Dispose();
    }

    // One registration for all streams: whoever is called for its heartbeat sees that the broker stops.
    private void Stop()
    {
        _drain = Time.CreateTimer(_ => Stalls.Finish(), null, DrainTime, Timeout.InfiniteTimeSpan);
        Heartbeats.Finish();
    }
}
