namespace RestBroker.Server.Streaming;

/// <summary>How long a read may wait: until its client goes away or the broker stops. Not thread-safe.</summary>
internal sealed class ReadLifetime(CancellationToken aborted, CancellationToken stopping) : IDisposable
{
    private CancellationTokenSource? _either;

    public static ReadLifetime Of(HttpContext context) =>
        new(context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    /// <summary>The client went away: nobody is there to be told anything.</summary>
    public CancellationToken Aborted { get; } = aborted;

    /// <summary>The broker stops.</summary>
    public CancellationToken Stopping { get; } = stopping;

    /// <summary>Either happened. Made when it is asked for: whoever does not wait, or waits elsewhere, pays nothing for it.</summary>
    public CancellationToken Token => (_either ??= CancellationTokenSource.CreateLinkedTokenSource(Aborted, Stopping)).Token;

    /// <summary>The broker stops and the client is still there: waits end, answers are given.</summary>
    public bool IsStopping => Stopping.IsCancellationRequested && !Aborted.IsCancellationRequested;

    /// <summary>What ends a question that waits so long.</summary>
    public CancellationToken TokenOf(TimeSpan maxWait) => maxWait == TimeSpan.Zero ? Aborted : Token;

    /// <summary>Waits where there is nothing to read; ends early with the broker.</summary>
    public async Task IdleAsync(TimeSpan atMost, TimeProvider time)
    {
        if (atMost == TimeSpan.Zero) return;
        try
        {
            await Task.Delay(atMost, time, Token);
        }
        catch (OperationCanceledException) when (IsStopping)
        {
            // It is over.
        }
    }

    public void Dispose() => _either?.Dispose();
}
