using System.Buffers;
using RestBroker.Core.Records;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// The body of a streamed answer: what is written into <see cref="Buffer"/> goes out with the next flush, several events at once where
/// there are several. A client that takes nothing for too long is cut off; it can resume.
/// </summary>
internal sealed class StreamOutput : IDisposable
{
    // More than this is not gathered before it is sent, and no more than this is sent at once: a client that takes a slice in the time
    // allowed is slow, not stalled.
    private const int SliceSize = 32 * 1024;

    private readonly HttpContext _context;
    private readonly WatchedFlush _flush;
    private readonly DueQueue? _own;
    private int _unsent;

    /// <param name="context">The request.</param>
    /// <param name="stalls">Writes that the client does not take, of all streams.</param>
    public StreamOutput(HttpContext context, DueQueue stalls)
    {
        _context = context;
        _flush = new WatchedFlush(context, stalls);
    }

    /// <summary>An output with a patience of its own.</summary>
    public StreamOutput(HttpContext context, TimeProvider time, TimeSpan patience)
    {
        _context = context;
        _own = new DueQueue(time, patience);
        _flush = new WatchedFlush(context, _own);
    }

    /// <summary>What was written and not flushed.</summary>
    public PooledBuffer Buffer { get; } = new(16);

    /// <summary>What the request is called in the broker's log.</summary>
    public string RequestId => _context.TraceIdentifier;

    /// <summary>Whether there is enough to be flushed before more is written.</summary>
    public bool IsLarge => Buffer.Length >= SliceSize;

    /// <summary>Prepares a response that has no end: nothing between here and the client may hold back or change what is sent.</summary>
    public void Prepare(string contentType)
    {
        var response = _context.Response;
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-cache, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Sends bytes that stay as they are, behind what was written before; the last of them go out with the next flush.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (Buffer.Length > 0) await MoveAsync();
        await PassOnAsync(bytes);
    }

    public async ValueTask FlushAsync()
    {
        _context.RequestAborted.ThrowIfCancellationRequested();
        if (Buffer.Length > 0) await MoveAsync();
        if (_unsent > 0) await SendAsync();
    }

    public void Dispose()
    {
        Buffer.Dispose();
        _flush.Dispose();
        _own?.Dispose();
    }

    private async ValueTask MoveAsync()
    {
        await PassOnAsync(Buffer.Written);
        // An idle stream holds no memory of the pool.
        Buffer.Dispose();
    }

    private async ValueTask PassOnAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var slice = bytes[..Math.Min(bytes.Length, SliceSize - _unsent)];
            _context.Response.BodyWriter.Write(slice.Span);
            _unsent += slice.Length;
            bytes = bytes[slice.Length..];
            if (_unsent == SliceSize) await SendAsync();
        }
    }

    private ValueTask SendAsync()
    {
        var size = _unsent;
        _unsent = 0;
        return _flush.SendAsync(size);
    }
}
