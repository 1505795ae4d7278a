using System.Buffers;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// The body of a page. What is small is gathered and leaves whole, with its length. A larger one goes straight into the connection's memory,
/// slice by slice, and each waits until the client has taken what was before it: whoever reads slowly holds two slices and a record, and who
/// reads nothing is cut off. Not thread-safe.
/// </summary>
internal sealed class PageOutput : IBufferWriter<byte>, IDisposable
{
    /// <summary>A body of fewer bytes leaves whole.</summary>
    public const int WholeSize = 64 * 1024;

    /// <summary>So much goes to the connection at once.</summary>
    public const int SliceSize = 32 * 1024;

    private readonly HttpContext _context;
    private readonly WatchedFlush _flush;
    private readonly PooledBuffer _gathered = new();
    private bool _isBegun;
    private int _unsent;

    /// <param name="context">The request.</param>
    /// <param name="stalls">Writes that clients do not take.</param>
    public PageOutput(HttpContext context, DueQueue stalls)
    {
        _context = context;
        _flush = new WatchedFlush(context, stalls);
    }

    public Memory<byte> GetMemory(int sizeHint = 0) =>
        _isBegun ? _context.Response.BodyWriter.GetMemory(Math.Max(sizeHint, SliceSize - _unsent)) : _gathered.GetMemory(sizeHint);

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int count)
    {
        if (_isBegun) _context.Response.BodyWriter.Advance(count);
        else _gathered.Advance(count);
        _unsent += count;
    }

    /// <summary>Sends what was written; more will follow, so the length is not known.</summary>
    public async ValueTask FlushAsync()
    {
        _context.RequestAborted.ThrowIfCancellationRequested();
        if (!_isBegun) await BeginAsync();
        else await SendAsync();
    }

    /// <summary>Sends bytes that there are already, slice by slice, in a body that has begun or begins with them.</summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        _isBegun = true;
        // Before the head is made, the server would make an array for each slice.
        await _context.Response.StartAsync(_context.RequestAborted);
        while (!bytes.IsEmpty)
        {
            var slice = bytes[..Math.Min(bytes.Length, SliceSize)];
            slice.Span.CopyTo(GetSpan(slice.Length));
            Advance(slice.Length);
            bytes = bytes[slice.Length..];
            await SendAsync();
        }
    }

    /// <summary>Sends what was written, and nothing follows.</summary>
    public async ValueTask EndAsync()
    {
        if (!_isBegun) _context.Response.ContentLength = _gathered.Length;
        if (_isBegun || _gathered.Length > WholeSize)
        {
            await FlushAsync();
            return;
        }

        _context.Response.ContentType = ContentTypes.Json;
        await _context.Response.BodyWriter.WriteAsync(_gathered.Written, _context.RequestAborted);
    }

    public void Dispose()
    {
        _gathered.Dispose();
        _flush.Dispose();
    }

    private async ValueTask BeginAsync()
    {
        _context.Response.ContentType = ContentTypes.Json;
        await WriteAsync(_gathered.Written);
        _gathered.Dispose();
    }

    private ValueTask SendAsync()
    {
        _unsent = 0;
        return _flush.SendAsync();
    }
}
