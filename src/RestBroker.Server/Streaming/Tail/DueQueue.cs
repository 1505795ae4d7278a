namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// Something that is to happen if nobody prevents it; in one <see cref="DueQueue"/> at a time. It is its own place in the queue: thousands
/// of streams have one each.
/// </summary>
internal abstract class Due
{
    internal Due? Before { get; set; }

    internal Due? Behind { get; set; }

    internal bool IsArmed { get; set; }

    internal long Since { get; set; }

    /// <summary>On a thread of the clock; must not block.</summary>
    protected internal abstract void Happen();
}

/// <summary>
/// Things that become due after the same delay, thousands of them by one timer: whatever was armed last is due last. Thread-safe.
/// </summary>
internal sealed class DueQueue(TimeProvider time, TimeSpan delay) : IDisposable
{
    private readonly Lock _gate = new();
    private Due? _first;
    private Due? _last;
    private int _count;
    private ITimer? _timer;
    private bool _isOver;

    public TimeSpan Delay => delay;

    /// <summary>Whether everything is due at once.</summary>
    public bool IsOver
    {
        get
        {
            lock (_gate) return _isOver;
        }
    }

    /// <summary>How many are armed.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _count;
        }
    }

    /// <summary>Whether it is to become due.</summary>
    public bool IsArmed(Due due)
    {
        lock (_gate) return due.IsArmed;
    }

    /// <summary>It is due after the delay from now, and not when it was before.</summary>
    public void Arm(Due due)
    {
        lock (_gate)
        {
            if (!_isOver)
            {
                Remove(due);
                due.Since = time.GetTimestamp();
                Append(due);
                if (_count == 1) Schedule(delay);
                return;
            }
        }

        due.Happen();
    }

    /// <summary>It is not due any more.</summary>
    public void Disarm(Due due)
    {
        lock (_gate) Remove(due);
    }

    /// <summary>Everything is due at once, from now on.</summary>
    public void Finish()
    {
        var all = new List<Due>();
        lock (_gate)
        {
            _isOver = true;
            for (; _first is { } first; Remove(first)) all.Add(first);
        }

        foreach (var due in all) due.Happen();
    }

    public void Dispose()
    {
        lock (_gate) _timer?.Dispose();
    }

    private void Append(Due due)
    {
        (due.IsArmed, due.Before) = (true, _last);
        if (_last is null) _first = due;
        else _last.Behind = due;
        _last = due;
        _count++;
    }

    private void Remove(Due due)
    {
        if (!due.IsArmed) return;
        if (due.Before is null) _first = due.Behind;
        else due.Before.Behind = due.Behind;
        if (due.Behind is null) _last = due.Before;
        else due.Behind.Before = due.Before;
        (due.IsArmed, due.Before, due.Behind) = (false, null, null);
        _count--;
    }

    // A timer may come early; it is set again then.
    private void OnTime()
    {
        var happening = new List<Due>();
        lock (_gate)
        {
            while (_first is { } first)
            {
                var left = delay - time.GetElapsedTime(first.Since);
                if (left > TimeSpan.Zero)
                {
                    Schedule(left);
                    break;
                }

                Remove(first);
                happening.Add(first);
            }
        }

        foreach (var due in happening) due.Happen();
    }

    private void Schedule(TimeSpan after)
    {
        after = after < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : after;
        if (_timer is null) _timer = time.CreateTimer(static queue => ((DueQueue)queue!).OnTime(), this, after, Timeout.InfiniteTimeSpan);
        else _timer.Change(after, Timeout.InfiniteTimeSpan);
    }
}
