namespace RestBroker.Storage.Log;

/// <summary>
/// One past the last committed offset of a log, and the fetches that wait for it to move. It never goes back. Thread-safe.
/// </summary>
internal sealed class HighWatermark(long value)
{
    private readonly HashSet<FetchWaiter> _watchers = [];
    private long _value = value;
    private int _watcherCount;

    public long Value => Volatile.Read(ref _value);

    /// <summary>Wakes the fetches that wait, if this is news.</summary>
    public void Raise(long to)
    {
        for (var seen = Value; seen < to;)
        {
            var before = Interlocked.CompareExchange(ref _value, to, seen);
            if (before == seen)
            {
                WakeAll();
                return;
            }

            seen = before;
        }
    }

    /// <summary>Wakes every fetch that waits; each looks at the log and finds out why.</summary>
    public void WakeAll()
    {
        // The exchange above and the one in Watch are full fences: either the watcher sees the new value or it is seen here.
        if (Volatile.Read(ref _watcherCount) == 0) return;
        lock (_watchers)
        {
            foreach (var watcher in _watchers) watcher.Wake();
        }
    }

    /// <summary>From now on every move wakes the waiter; look at the value only after this.</summary>
    public void Watch(FetchWaiter waiter)
    {
        lock (_watchers) _watchers.Add(waiter);
        Interlocked.Increment(ref _watcherCount);
    }

    public void Unwatch(FetchWaiter waiter)
    {
        lock (_watchers) _watchers.Remove(waiter);
        Interlocked.Decrement(ref _watcherCount);
    }
}
