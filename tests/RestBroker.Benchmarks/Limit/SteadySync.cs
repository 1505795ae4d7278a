namespace RestBroker.Benchmarks.Limit;

/// <summary>Does again and again, on a thread of its own, what the broker does once a second for a topic that waits for no sync.</summary>
internal sealed class SteadySync : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ManualResetEventSlim _ended = new();
    private readonly Thread _thread;

    public SteadySync(Action sync)
    {
        _thread = new Thread(() => Run(sync)) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Returns when the last sync has ended.</summary>
    public void Dispose()
    {
        _ended.Set();
        _thread.Join();
        _ended.Dispose();
    }

    private void Run(Action sync)
    {
        while (!_ended.Wait(Interval)) sync();
    }
}
