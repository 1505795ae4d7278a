using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using RestBroker.Core.Records;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>Sends what is in a response's pipe. A client that takes nothing for too long is cut off. Not thread-safe.</summary>
internal sealed class WatchedFlush : IDisposable
{
    /// <summary>What the kernel is asked to keep for a client that has no end to its answer; Linux takes twice as much for its own records.</summary>
    public const int StreamBufferSize = 128 * 1024;

    private const long Unknown = -1;

    private readonly HttpContext _context;
    private readonly DueQueue _stalls;
    private readonly int _kernelBufferSize;
    private Turns _turn;
    private Due? _stall;
    private Socket? _socket;
    private bool _isBegun;
    private long _taken = Unknown;
    private bool _isWaiting; // this and what follows: under the lock of the alarm, once there is one
    private bool _isStalled;

    /// <param name="context">The request.</param>
    /// <param name="stalls">Writes that clients do not take.</param>
    /// <param name="kernelBufferSize">What the kernel is asked to keep for the client; less where it does not tell what the client takes.</param>
    public WatchedFlush(HttpContext context, DueQueue stalls, int kernelBufferSize = StreamBufferSize)
    {
        _context = context;
        _stalls = stalls;
        _kernelBufferSize = kernelBufferSize;
    }

    /// <summary>Whether a client that takes little of much is known from one that takes nothing. Otherwise little has to be sent at once.</summary>
    public bool SeesProgress()
    {
        if (!_isBegun) Begin();
        return _taken != Unknown;
    }

    /// <summary>
    /// Completes when the client, or the little that is kept for it, has taken what was written. A client that takes whatever it gets does
    /// not keep a thread to the answer's end.
    /// </summary>
    /// <param name="size">Bytes written since the last time.</param>
    public ValueTask SendAsync(int size)
    {
        if (!_isBegun) Begin();
        var flush = _context.Response.BodyWriter.FlushAsync(_context.RequestAborted);
        var isOver = _turn.IsOver(size);
        // First: the client may have taken it by then, and would be waited for no more.
        if (isOver) Turns.YieldThread();
        if (!flush.IsCompletedSuccessfully) return WaitAsync(flush);
        _ = flush.Result;
        return isOver ? Turns.RequeueAsync() : ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        if (_stall is not null) _stalls.Disarm(_stall);
    }

    // Left to itself the kernel keeps megabytes for a client (2.6 MB on loopback): a thousand that read nothing take all the copying there is
    // before they stall. On HTTP/2 the connection is not this answer's alone, and the protocol has its own windows.
    private void Begin()
    {
        _isBegun = true;
        // A client may be slow; whether it reads at all is watched here.
        if (_context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
        if (HttpProtocol.IsHttp2(_context.Request.Protocol) || _context.Features.Get<IConnectionSocketFeature>() is not { } connection) return;
        _socket = connection.Socket;
        TakesMore();
        // Unseen, a client that reads slowly would seem to take nothing until it has read a good part of what the kernel keeps.
        _socket.SendBufferSize = SeesProgress() ? _kernelBufferSize : Math.Min(_kernelBufferSize, StreamBufferSize);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitAsync(ValueTask<FlushResult> flush)
    {
        var stall = _stall ??= new Stall(this);
        lock (stall)
        {
            TakesMore();
            _isWaiting = true;
            _stalls.Arm(stall);
        }

        try
        {
            await flush;
        }
        finally
        {
            lock (stall)
            {
                _isWaiting = false;
                _stalls.Disarm(stall);
            }
        }

        if (_isStalled) throw new OperationCanceledException("The client reads nothing.", _context.RequestAborted);
    }

    // Whether the client has taken anything since the last look.
    private bool TakesMore()
    {
        if (_socket is null || TakenBytes.Of(_socket) is not { } taken) return false;
        var before = _taken;
        _taken = taken;
        return before < taken;
    }

    // By the clock's thread. The wait it was armed for may have ended by now, and another have begun.
    private void OnDue()
    {
        lock (_stall!)
        {
            if (!_isWaiting || _stalls.IsArmed(_stall)) return;
            if (!_stalls.IsOver && TakesMore())
            {
                _stalls.Arm(_stall);
                return;
            }

            _isStalled = true;
            _context.Abort();
        }
    }

    // Most clients never make one.
    private sealed class Stall(WatchedFlush flush) : Due
    {
        protected internal override void Happen() => flush.OnDue();
    }
}
