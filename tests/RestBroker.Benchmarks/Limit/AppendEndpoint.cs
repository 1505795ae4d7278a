using System.Buffers;
using Microsoft.AspNetCore.Http;
using RestBroker.Core.Records;

namespace RestBroker.Benchmarks.Limit;

/// <summary>
/// The least that a log does: the body's checksum and one positional write, if need be synced before the answer. The file is begun anew
/// at a GiB. Thread-safe.
/// </summary>
internal sealed class AppendEndpoint(string directory) : IDisposable
{
    private readonly FramedFile _file = new(Path.Combine(directory, "append"));
    private readonly Lock _gate = new();

    public async Task TakeAsync(HttpContext context, bool isSynced)
    {
        var length = (int)context.Request.ContentLength!.Value;
        var body = ArrayPool<byte>.Shared.Rent(length);
        await context.Request.Body.ReadExactlyAsync(body.AsMemory(0, length));
        // The checksum has to be used, or it would not be computed.
        if (Crc32C.Compute(body.AsSpan(0, length)) == 0) context.Response.Headers["RB-Zero"] = "true";
        lock (_gate) _file.Append(body.AsSpan(0, length), isSynced);
        ArrayPool<byte>.Shared.Return(body);
        DiscardEndpoint.Answer(context);
    }

    public void Dispose() => _file.Dispose();
}
