namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// One wait of a stream in the log: it ends with the stream's client, with the broker, with news, and after a time that the clock of all
/// streams keeps. Not thread-safe.
/// </summary>
internal sealed class StreamWait : IDisposable
{
    private readonly StreamClocks _clocks;
    private readonly CancellationTokenSource _ended;
    private readonly Alarm? _alarm;

    /// <param name="clocks">The clocks of all streams.</param>
    /// <param name="atMost">How long; zero = it does not wait.</param>
    /// <param name="stream">The stream's own life.</param>
    /// <param name="news">Ends it.</param>
    public StreamWait(StreamClocks clocks, TimeSpan atMost, ReadLifetime stream, CancellationToken news = default)
    {
        _clocks = clocks;
        var isWait = atMost > TimeSpan.Zero;
        // Without a wait there is nothing that news could end.
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stream.Stopping, isWait ? news : CancellationToken.None);
        Lifetime = new ReadLifetime(stream.Aborted, _ended.Token);
        MaxWait = isWait ? Timeout.InfiniteTimeSpan : TimeSpan.Zero;
        if (isWait) clocks.Alarms.Set(_alarm = new Alarm(End), atMost);
    }

    /// <summary>Ends when the wait does: to those who wait it is as if the broker stopped.</summary>
    public ReadLifetime Lifetime { get; }

    /// <summary>For those who ask how long: not at all, or until <see cref="Lifetime"/> ends.</summary>
    public TimeSpan MaxWait { get; }

    /// <summary>Waits where there is nothing to read.</summary>
    public Task IdleAsync() => Lifetime.IdleAsync(MaxWait, _clocks.Time);

    public void Dispose()
    {
        if (_alarm is not null) _clocks.Alarms.Stop(_alarm);
        Lifetime.Dispose();
        _ended.Dispose();
    }

    private void End()
    {
        try
        {
            // Not on the clock's thread: what waits may go on in the call.
            _ = _ended.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in this moment.
        }
    }
}
