namespace RestBroker.Tests.Server.Tail;

/// <summary>The system's clock, which counts the timers that are there.</summary>
internal sealed class TimerCount : TimeProvider
{
    private int _live;

    /// <summary>Timers that were created and not disposed of.</summary>
    public int Live => Volatile.Read(ref _live);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _live);
        return new Counted(this, base.CreateTimer(callback, state, dueTime, period));
    }

    private sealed class Counted(TimerCount count, ITimer timer) : ITimer
    {
        private int _isDisposed;

        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(dueTime, period);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0) Interlocked.Decrement(ref count._live);
            timer.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return timer.DisposeAsync();
        }
    }
}
