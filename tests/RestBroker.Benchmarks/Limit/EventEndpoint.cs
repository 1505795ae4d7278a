using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// The least server-sent events: what is posted goes to every subscriber, who writes and flushes it once. Thread-safe.
/// </summary>
internal sealed class EventEndpoint
{
    private TaskCompletionSource<byte[]> _next = NewSignal();

    public async Task SubscribeAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Features.Get<IHttpResponseBodyFeature>()!.DisableBuffering();
        var output = context.Response.BodyWriter;
        // Listening before the first bytes go out: who has them misses nothing.
        var signal = Volatile.Read(ref _next);
        output.Write(": hello\n\n"u8);
        await output.FlushAsync();
        while (!context.RequestAborted.IsCancellationRequested)
        {
            var bytes = await signal.Task;
            signal = Volatile.Read(ref _next);
            output.Write(bytes);
            await output.FlushAsync();
        }
    }

    public async Task PublishAsync(HttpContext context)
    {
        var bytes = new byte[(int)context.Request.ContentLength!.Value];
        await context.Request.Body.ReadExactlyAsync(bytes);
        Interlocked.Exchange(ref _next, NewSignal()).SetResult(bytes);
        DiscardEndpoint.Answer(context);
    }

    private static TaskCompletionSource<byte[]> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
