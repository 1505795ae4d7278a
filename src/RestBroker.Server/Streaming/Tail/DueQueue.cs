namespace RestBroker.Server.Streaming.Tail;

/// <summary>Something that is to happen if nobody prevents it; in one <see cref="DueQueue"/> at a time.</summary>
internal sealed class Due
{
    private readonly Action _onDue;

    /// <param name="onDue">Happens on a thread of the clock; must not block.</param>
    public Due(Action onDue) => (_onDue, Node) = (onDue, new LinkedListNode<Due>(this));

    /// <summary>Its place, the same each time it is armed: a page is armed for each slice that a client takes slowly.</summary>
    internal LinkedListNode<Due> Node { get; }

    internal bool IsArmed => Node.List is not null;

    internal long Since { get; set; }

    internal void Happen() => _onDue();
}

/// <summary>
/// Things that become due after the same delay, thousands of them by one timer: whatever was armed last is due last. Thread-safe.
/// </summary>
internal sealed class DueQueue(TimeProvider time, TimeSpan delay) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Due> _queue = new();
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
            lock (_gate) return _queue.Count;
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
                _queue.AddLast(due.Node);
                if (_queue.Count == 1) Schedule(delay);
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
        List<Due> all;
        lock (_gate)
        {
            _isOver = true;
            all = [.. _queue];
            foreach (var due in all) Remove(due);
        }

        foreach (var due in all) due.Happen();
    }

    public void Dispose()
    {
        lock (_gate) _timer?.Dispose();
    }

    private void Remove(Due due)
    {
        if (due.IsArmed) _queue.Remove(due.Node);
    }

    // A timer may come early; it is set again then.
    private void OnTime()
    {
        var happening = new List<Due>();
        lock (_gate)
        {
            while (_queue.First is { } first)
            {
                var left = delay - time.GetElapsedTime(first.Value.Since);
                if (left > TimeSpan.Zero)
                {
                    Schedule(left);
                    break;
                }

                Remove(first.Value);
                happening.Add(first.Value);
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
