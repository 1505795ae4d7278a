using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using RestBroker.Core.Engine;

namespace RestBroker.Storage.Log;

/// <summary>
/// A caller who waits until its append is committed, or until it is cancelled; used again by a later one. Two hold it, the caller and the
/// commit: it is used again when both have let go, so that a commit after a cancellation meets nobody else's wait. Thread-safe.
/// </summary>
internal sealed class CommitWait : IValueTaskSource<ProduceResult>
{
    // As many as usually wait for one sync; more at once are made anew.
    private const int MaxKept = 1_024;
    private const int Holders = 2;

    private readonly ConcurrentQueue<CommitWait> _kept;
    private readonly Action _onCommitted;
    private ManualResetValueTaskSourceCore<ProduceResult> _source;
    private CancellationTokenRegistration _cancellation;
    private Task _committed = Task.CompletedTask;
    private ProduceResult _result;
    private int _isTold; // 1 once the caller is told one of the two
    private int _holders;

    private CommitWait(ConcurrentQueue<CommitWait> kept) => (_kept, _onCommitted) = (kept, OnCommitted);

    /// <summary>Gives a result when a task has ended, to be awaited once. The task's end must not run on the thread that brings it about.</summary>
    /// <param name="kept">Those that wait for nothing now.</param>
    /// <param name="committed">Never cancelled.</param>
    /// <param name="result">The result.</param>
    /// <param name="cancellationToken">Ends the wait, and not the commit.</param>
    public static ValueTask<ProduceResult> ThenAsync(
        ConcurrentQueue<CommitWait> kept, Task committed, in ProduceResult result, CancellationToken cancellationToken)
    {
        if (committed.IsCompletedSuccessfully) return ValueTask.FromResult(result);
        if (!kept.TryDequeue(out var wait)) wait = new CommitWait(kept);
        (wait._committed, wait._result, wait._isTold, wait._holders) = (committed, result, 0, Holders);
        var told = new ValueTask<ProduceResult>(wait, wait._source.Version);
        wait._cancellation = cancellationToken.UnsafeRegister(static (state, token) => ((CommitWait)state!).OnCancelled(token), wait);
        committed.GetAwaiter().UnsafeOnCompleted(wait._onCommitted);
        return told;
    }

    ProduceResult IValueTaskSource<ProduceResult>.GetResult(short token)
    {
        // Who asks twice, or too early, must not take from whoever waits with it by now. (This looks at the version too.)
        if (_source.GetStatus(token) == ValueTaskSourceStatus.Pending) throw new InvalidOperationException("The append is not committed yet.");
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            // Returns when a cancellation that is under way is through with this.
            _cancellation.Dispose();
            Release();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ProduceResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ProduceResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void OnCommitted()
    {
        if (Interlocked.Exchange(ref _isTold, 1) == 0)
        {
            if (_committed.Exception is { } failure) _source.SetException(failure.InnerException!);
            else _source.SetResult(_result);
        }

        Release();
    }

    private void OnCancelled(CancellationToken token)
    {
        if (Interlocked.Exchange(ref _isTold, 1) == 0) _source.SetException(new OperationCanceledException(token));
    }

    private void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        _source.Reset();
        (_committed, _cancellation) = (Task.CompletedTask, default);
        if (_kept.Count < MaxKept) _kept.Enqueue(this);
    }
}
