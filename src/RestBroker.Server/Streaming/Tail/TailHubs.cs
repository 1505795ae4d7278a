namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// The hubs that are open: one for each set of topics and partitions in one order and each form, as long as a stream is there. Thread-safe.
/// </summary>
internal sealed class TailHubs(StreamClocks clocks, IHostApplicationLifetime lifetime)
{
    // How much of the log a hub reads at a time, in bytes.
    private const int StepBytes = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Scope, TailForm Form), TailHub> _hubs = [];
    private readonly LineRegistry _lines = new();

    /// <summary>A place for a stream that stands at the end of the log, at the hub of its kind; one is opened where there is none.</summary>
    public TailSeat Sit(ReadSession session, TailForm form, WakeSignal signal)
    {
        var key = (session.Place.Scope, form);
        lock (_gate)
        {
            while (true)
            {
                if (!_hubs.TryGetValue(key, out var hub)) _hubs[key] = hub = Open(session, form);
                var seat = new TailSeat(this, hub, signal, session.Filter is not null);
                if (hub.TryAdd(seat)) return seat;
                _hubs.Remove(key); // it has ended; its streams leave it by and by
            }
        }
    }

    /// <summary>Gives a place back; with the last one the hub is closed.</summary>
    public void Leave(TailSeat seat)
    {
        lock (_gate)
        {
            var hub = seat.Hub;
            hub.Remove(seat);
            if (!hub.IsEmpty) return;
            if (_hubs.TryGetValue(hub.Scope, out var current) && ReferenceEquals(current, hub)) _hubs.Remove(hub.Scope);
            hub.Dispose();
        }
    }

    // It stands where the stream stands that opens it.
    private TailHub Open(ReadSession session, TailForm form)
    {
        var read = session.Fork(StepBytes);
        var lines = read.TopicIds.Select(id => _lines.Take(id, form.Shape)).ToList();
        var writer = new TailWriter(read, new TailDress(form, read, clocks.Time), lines);
        var hub = new TailHub((session.Place.Scope, form), read, writer);
        _ = hub.RunAsync(clocks.Heartbeats.Delay, lifetime.ApplicationStopping);
        return hub;
    }
}
