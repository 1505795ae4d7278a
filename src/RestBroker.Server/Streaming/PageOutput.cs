using System.Buffers;
using System.Runtime.CompilerServices;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// The body of a page. What is small is gathered and leaves whole, with its length. A larger one goes straight into the connection's memory,
/// slice by slice, and each waits until the client has taken what was before it: whoever reads slowly holds a slice and a record beside what
/// the kernel keeps, and who reads nothing is cut off. Not thread-safe.
/// </summary>
internal sealed class PageOutput : IBufferWriter<byte>, IDisposable
{
    /// <summary>A body of fewer bytes leaves whole.</summary>
    public const int WholeSize = 64 * 1024;

    /// <summary>So much goes to the connection at once while more is being made.</summary>
    public const int SliceSize = 128 * 1024;

    // Of bytes that there are already; a page is one slice as a rule. Slices of a MiB and the kernel's buffer below took 0.65 of the CPU that
    // slices of 32 KiB and 128 KiB there took, the slices alone 0.88.
    private const int LargeSlice = 1024 * 1024;

    // For as long as the client takes it the page is held somewhere: as well there as here.
    private const int KernelBufferSize = 512 * 1024;

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
        _flush = new WatchedFlush(context, stalls, KernelBufferSize);
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
    public ValueTask FlushAsync()
    {
        _context.RequestAborted.ThrowIfCancellationRequested();
        return _isBegun ? SendAsync() : BeginAsync();
    }

    /// <summary>Sends bytes that there are already, slice by slice, in a body that has begun or begins with them.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="memory">Given up as soon as they are copied: the client may take its time.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, IDisposable memory)
    {
        _isBegun = true;
        // Before the head is made, the server would make an array for each slice.
        await _context.Response.StartAsync(_context.RequestAborted);
        var most = _flush.SeesProgress() ? LargeSlice : SliceSize;
        while (!bytes.IsEmpty)
        {
            var slice = bytes[..Math.Min(bytes.Length, most)];
            slice.Span.CopyTo(GetSpan(slice.Length));
            Advance(slice.Length);
            bytes = bytes[slice.Length..];
            if (bytes.IsEmpty) memory.Dispose();
            await SendAsync();
        }
    }

    /// <summary>Sends what was written, and nothing follows.</summary>
    public ValueTask EndAsync()
    {
        if (!_isBegun) _context.Response.ContentLength = _gathered.Length;
        return _isBegun || _gathered.Length > WholeSize ? FlushAsync() : SendWholeAsync();
    }

    public void Dispose()
    {
        _gathered.Dispose();
        _flush.Dispose();
    }

    private ValueTask BeginAsync()
    {
        _context.Response.ContentType = ContentTypes.Json;
        _unsent = 0;
        return WriteAsync(_gathered.Written, _gathered);
    }

    private async ValueTask SendWholeAsync()
    {
        _context.Response.ContentType = ContentTypes.Json;
        await _context.Response.BodyWriter.WriteAsync(_gathered.Written, _context.RequestAborted);
    }

    private ValueTask SendAsync()
    {
        var size = _unsent;
        _unsent = 0;
        return _flush.SendAsync(size);
    }
}
