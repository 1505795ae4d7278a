namespace RestBroker.Storage.Log;

/// <summary>
/// One waiting fetch: woken by any of the logs it watches, by its deadline or by the broker's end. A wake-up that comes while it is
/// looking at the logs is kept for the next wait. Thread-safe.
/// </summary>
internal sealed class FetchWaiter : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ITimer? _deadline;
    private TaskCompletionSource _woken = NewSource();

    public FetchWaiter(TimeProvider time, TimeSpan maxWait)
    {
        if (maxWait != Timeout.InfiniteTimeSpan)
            _deadline = time.CreateTimer(static waiter => ((FetchWaiter)waiter!).Expire(), this, maxWait, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether the deadline has passed or the broker ends: the next look is the last.</summary>
    public bool IsOver { get; private set; }

    public void Wake()
    {
        lock (_gate) _woken.TrySetResult();
    }

    /// <summary>Ends the waiting for good.</summary>
    public void Expire()
    {
        IsOver = true;
        Wake();
    }

    /// <summary>Returns when woken since the last wait.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource woken;
        lock (_gate) woken = _woken;
        await using (cancellationToken.UnsafeRegister(static source => ((TaskCompletionSource)source!).TrySetCanceled(), woken))
        {
            await woken.Task;
        }

        lock (_gate) _woken = NewSource();
    }

    public void Dispose() => _deadline?.Dispose();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
