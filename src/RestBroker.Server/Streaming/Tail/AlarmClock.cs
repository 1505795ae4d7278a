namespace RestBroker.Server.Streaming.Tail;

/// <summary>Something that is to happen at a time of its own; set on one <see cref="AlarmClock"/>.</summary>
/// <param name="onDue">Happens on a thread of the clock; must not block.</param>
internal sealed class Alarm(Action onDue)
{
    internal long DueAt { get; set; }

    internal long Number { get; set; }

    internal void Happen() => onDue();
}

/// <summary>
/// Things that become due after delays of their own, thousands of them by one timer. Where all have the same delay a
/// <see cref="DueQueue"/> is cheaper. Thread-safe.
/// </summary>
internal sealed class AlarmClock(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1);

    private readonly Lock _gate = new();
    private readonly SortedSet<Alarm> _alarms = new(Comparer<Alarm>.Create(
        static (one, other) => (one.DueAt, one.Number).CompareTo((other.DueAt, other.Number))));

    private ITimer? _timer;
    private long _ringsAt = long.MaxValue;
    private long _count;
    private bool _isOver;

    /// <summary>How many are set.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _alarms.Count;
        }
    }

    /// <summary>It is due after a time from now, and not when it was before.</summary>
    public void Set(Alarm alarm, TimeSpan after)
    {
        lock (_gate)
        {
            if (_isOver) return;
            _alarms.Remove(alarm);
            alarm.DueAt = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
            alarm.Number = _count++;
            _alarms.Add(alarm);
            if (alarm.DueAt < _ringsAt) Schedule(alarm.DueAt);
        }
    }

    /// <summary>It is not due any more; it may be happening just now.</summary>
    public void Stop(Alarm alarm)
    {
        lock (_gate) _alarms.Remove(alarm);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            _alarms.Clear();
            _timer?.Dispose();
        }
    }

    // A timer may come early, and for an alarm that was stopped; it is set again then.
    private void OnTime()
    {
        var happening = new List<Alarm>();
        lock (_gate)
        {
            _ringsAt = long.MaxValue;
            for (var now = time.GetTimestamp(); _alarms.Min is { } first; _alarms.Remove(first))
            {
                if (first.DueAt > now)
                {
                    Schedule(first.DueAt);
                    break;
                }

                happening.Add(first);
            }
        }

        foreach (var alarm in happening) alarm.Happen();
    }

    private void Schedule(long dueAt)
    {
        if (_isOver) return;
        _ringsAt = dueAt;
        var after = time.GetElapsedTime(time.GetTimestamp(), dueAt);
        after = after < Soonest ? Soonest : after;
        if (_timer is null) _timer = time.CreateTimer(static clock => ((AlarmClock)clock!).OnTime(), this, after, Timeout.InfiniteTimeSpan);
        else _timer.Change(after, Timeout.InfiniteTimeSpan);
    }
}
