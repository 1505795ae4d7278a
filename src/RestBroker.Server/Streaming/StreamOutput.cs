using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using RestBroker.Core.Records;

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
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;

    public StreamOutput(HttpContext context, TimeProvider time, TimeSpan patience)
    {
        _context = context;
        _time = time;
        _patience = patience;
    }

    /// <summary>What was written and not flushed.</summary>
    public PooledBuffer Buffer { get; } = new(16);

    /// <summary>Whether there is enough to be flushed before more is written.</summary>
    public bool IsLarge => Buffer.Length >= SliceSize;

    /// <summary>Prepares a response that has no end: nothing between here and the client may hold back or change what is sent.</summary>
    public void Prepare(string contentType)
    {
        var response = _context.Response;
        response.ContentType = contentType;
        response.Headers.CacheControl = "no-cache, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
        // A stream may be silent and its client slow; whether it reads at all is watched here.
        if (_context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate) rate.MinDataRate = null;
    }

    public async ValueTask FlushAsync()
    {
        _context.RequestAborted.ThrowIfCancellationRequested();
        var pipe = _context.Response.BodyWriter;
        for (var sent = 0; sent < Buffer.Length; sent += SliceSize)
        {
            var write = pipe.WriteAsync(Buffer.Written.Slice(sent, Math.Min(SliceSize, Buffer.Length - sent)), _context.RequestAborted);
            if (!write.IsCompletedSuccessfully) await WaitAsync(write.AsTask());
        }

        // An idle stream holds no memory of the pool.
        Buffer.Dispose();
    }

    public void Dispose() => Buffer.Dispose();

    private async Task WaitAsync(Task write)
    {
        try
        {
            await write.WaitAsync(_patience, _time);
        }
        catch (TimeoutException)
        {
            _context.Abort();
            throw new OperationCanceledException("The client reads nothing.", _context.RequestAborted);
        }
    }
}
