using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace RestBroker.Benchmarks.Limit;

/// <summary>A MiB of a file of 64 MiB by SendFile, each request the next one; with <c>?count=16</c> as many at once.</summary>
internal sealed class StaticEndpoint : IDisposable
{
    public const int Size = 1 << 20;

    private const int Count = 64;

    private readonly string _path;
    private int _next;

    public StaticEndpoint(string directory)
    {
        _path = Path.Combine(directory, "static");
        using var file = File.Create(_path);
        var piece = new byte[Size];
        new Random(1).NextBytes(piece);
        for (var i = 0; i < Count; i++) file.Write(piece);
    }

    public Task SendAsync(HttpContext context)
    {
        var count = context.Request.Query["count"] is [{ } text] ? int.Parse(text, CultureInfo.InvariantCulture) : 1;
        context.Response.ContentLength = (long)count * Size;
        var piece = (uint)Interlocked.Increment(ref _next) % (Count - count + 1);
        return context.Response.SendFileAsync(_path, piece * Size, (long)count * Size);
    }

    public void Dispose() => File.Delete(_path);
}
