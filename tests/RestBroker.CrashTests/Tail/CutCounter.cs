namespace RestBroker.CrashTests.Tail;

/// <summary>Counts connections that were cut. Thread-safe.</summary>
internal sealed class CutCounter
{
    private readonly SemaphoreSlim _more = new(0);
    private int _count;
    private volatile bool _isFinished;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether there have been enough.</summary>
    public bool IsFinished => _isFinished;

    public void Add()
    {
        Interlocked.Increment(ref _count);
        _more.Release();
    }

    /// <summary>Returns after so many more, or at last when nobody moves: then there is nothing left to read.</summary>
    public async Task MoreAsync(int count)
    {
        while (count-- > 0 && await _more.WaitAsync(TimeSpan.FromMilliseconds(100)))
        {
        }
    }

    public void Finish() => _isFinished = true;
}
