using System.Threading.Tasks.Sources;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// Wakes one waiter; a wake-up that comes while nobody waits is kept for the next wait, and several of them are one. Costs no memory a
/// wait: thousands of streams wait for the same record. Anybody may wake; one at a time may wait.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
    private bool _isWoken;
    private bool _isWaiting;

    public void Wake()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isWoken = true;
                return;
            }

            _isWaiting = false;
        }

        _core.SetResult(true);
    }

    /// <summary>Returns when woken since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        lock (_gate)
        {
            if (_isWoken)
            {
                _isWoken = false;
                return ValueTask.CompletedTask;
            }

            _core.Reset();
            _isWaiting = true;
            return new ValueTask(this, _core.Version);
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
