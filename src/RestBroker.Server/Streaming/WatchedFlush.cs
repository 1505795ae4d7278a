using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>Sends what is in a response's pipe. A client that takes nothing for too long is cut off. Not thread-safe.</summary>
internal sealed class WatchedFlush : IDisposable
{
    // What the kernel is asked to keep for a client; Linux takes twice as much for its own records.
    private const int KernelBufferSize = 128 * 1024;

    private readonly HttpContext _context;
    private readonly DueQueue _stalls;
    private Due? _stall;
    private bool _isBegun;
    private volatile bool _isStalled;

    /// <param name="context">The request.</param>
    /// <param name="stalls">Writes that clients do not take.</param>
    public WatchedFlush(HttpContext context, DueQueue stalls)
    {
        _context = context;
        _stalls = stalls;
    }

    /// <summary>Completes when the client, or the little that is kept for it, has taken what was written.</summary>
    public ValueTask SendAsync()
    {
        if (!_isBegun) Begin();
        var flush = _context.Response.BodyWriter.FlushAsync(_context.RequestAborted);
        if (!flush.IsCompletedSuccessfully) return new ValueTask(WaitAsync(flush));
        _ = flush.Result;
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        if (_stall is not null) _stalls.Disarm(_stall);
    }

    // Left to itself the kernel keeps megabytes for a client (2.6 MB on loopback): a thousand that read nothing take all the copying there is
    // before they stall, and one that reads slowly seems to take nothing until it has read a good part of them. On HTTP/2 the connection is
    // not this answer's alone, and the protocol has its own windows.
    private void Begin()
    {
        _isBegun = true;
        // A client may be slow; whether it reads at all is watched here.
        if (_context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        if (HttpProtocol.IsHttp2(_context.Request.Protocol) || _context.Features.Get<IConnectionSocketFeature>() is not { } connection) return;
        connection.Socket.SendBufferSize = KernelBufferSize;
    }

    private async Task WaitAsync(ValueTask<FlushResult> flush)
    {
        _stalls.Arm(_stall ??= new Due(OnStalled));
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
