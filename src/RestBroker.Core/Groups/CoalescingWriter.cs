namespace RestBroker.Core.Groups;

/// <summary>
/// Writes the newest state of something, one write at a time. Whoever waits while a write is going on shares the next one, so a crowd
/// costs two writes and not one each. Thread-safe.
/// </summary>
/// <param name="write">Writes what is newest when it begins.</param>
internal sealed class CoalescingWriter(Func<Task> write) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private long _asked;
    private long _written;

    /// <summary>Completes when a write that began after this call has ended well. Cancellation stops the waiting, not the write.</summary>
    internal async Task WriteAsync(CancellationToken cancellationToken)
    {
        var ticket = Interlocked.Increment(ref _asked);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_written >= ticket) return;
            var covered = Interlocked.Read(ref _asked);
            await write();
            _written = covered;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
