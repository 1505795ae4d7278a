using System.IO.Pipelines;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>Sends what is in a response's pipe. A client that takes nothing for too long is cut off. Not thread-safe.</summary>
internal sealed class WatchedFlush : IDisposable
{
    private readonly HttpContext _context;
    private readonly DueQueue _stalls;
    private readonly Due _stall;
    private volatile bool _isStalled;

    /// <param name="context">The request.</param>
    /// <param name="stalls">Writes that clients do not take.</param>
    public WatchedFlush(HttpContext context, DueQueue stalls)
    {
        _context = context;
        _stalls = stalls;
        _stall = new Due(OnStalled);
    }

    /// <summary>Completes when the client, or the little that is kept for it, has taken what was written.</summary>
    public ValueTask SendAsync()
    {
        var flush = _context.Response.BodyWriter.FlushAsync(_context.RequestAborted);
        if (!flush.IsCompletedSuccessfully) return new ValueTask(WaitAsync(flush));
        _ = flush.Result;
        return ValueTask.CompletedTask;
    }

    public void Dispose() => _stalls.Disarm(_stall);

    private async Task WaitAsync(ValueTask<FlushResult> flush)
    {
        _stalls.Arm(_stall);
        try
        {
            await flush;
        }
        finally
        {
            _stalls.Disarm(_stall);
        }

        if (_isStalled) throw new OperationCanceledException("The client reads nothing.", _context.RequestAborted);
    }

    private void OnStalled()
    {
        _isStalled = true;
        _context.Abort();
    }
}
