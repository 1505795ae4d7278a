using System.Threading.Channels;

namespace RestBroker.CrashTests.Tail;

/// <summary>Counts connections that were cut. Thread-safe.</summary>
internal sealed class CutCounter
{
    private readonly Channel<bool> _more = Channel.CreateUnbounded<bool>();
    private int _count;
    private volatile bool _isFinished;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Whether there have been enough.</summary>
    public bool IsFinished => _isFinished;

    public void Add()
    {
        Interlocked.Increment(ref _count);
        _more.Writer.TryWrite(true);
    }

    /// <summary>Returns after so many more, or when nobody has moved for a while: then there is nothing left to read.</summary>
    public async Task MoreAsync(int count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        try
        {
            for (; count > 0; count--) await _more.Reader.ReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked lets more be written.
        }
    }

    public void Finish() => _isFinished = true;
}
