namespace RestBroker.Cli.Produce;

/// <summary>
/// Two batches between a thread that reads lines and a loop that sends them: while one is on its way the other is filled, so a slow
/// input is sent line by line, a fast one in full requests, and nobody waits for a batch to fill. One reader, one sender.
/// </summary>
internal sealed class BatchQueue(RecordShape shape, bool eager) : IDisposable
{
    private readonly object _lock = new();
    private LineBatch _open = new(shape);
    private LineBatch _spare = new(shape);
    private TaskCompletionSource? _waiting;
    private Exception? _failure;
    private bool _readerWaits;
    private bool _ended;
    private bool _closed;

    /// <summary>The reader's call; blocks while both batches are taken. False: the sender has given up.</summary>
    public bool Add(KeyedLine line, long lineNumber, long endPosition)
    {
        lock (_lock)
        {
            while (!_closed && !_open.HasRoomFor(line))
            {
                _readerWaits = true;
                Wake();
                Monitor.Wait(_lock);
            }
            if (_closed) return false;
            _open.Add(line, lineNumber, endPosition);
            if (eager || _open.IsFull) Wake();
            return true;
        }
    }

    /// <summary>The reader's last call. What came before a failure is still sent.</summary>
    public void End(Exception? failure = null)
    {
        lock (_lock)
        {
            (_ended, _failure) = (true, failure);
            Wake();
        }
    }

    /// <summary>The sender's call: the next lines, or null after the last. The batch before is free again.</summary>
    public async Task<LineBatch?> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task filled;
            lock (_lock)
            {
                if (_open.Count > 0 && IsReady()) return Swap();
                if (_ended) return _failure is null ? null : throw _failure;
                _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                filled = _waiting.Task;
            }
            await filled.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The sender's last call: the reader stops at its next line.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            _open.Dispose();
            _spare.Dispose();
            Monitor.Pulse(_lock);
        }
    }

    // The reader waits for room, so what it holds back does not fit: the open batch is as full as it will be.
    private bool IsReady() => eager || _ended || _open.IsFull || _readerWaits;

    private LineBatch Swap()
    {
        var full = _open;
        _spare.Clear();
        (_open, _spare) = (_spare, full);
        full.Seal();
        _readerWaits = false;
        Monitor.Pulse(_lock);
        return full;
    }

    private void Wake()
    {
        _waiting?.TrySetResult();
        _waiting = null;
    }
}
