using System.Buffers;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Client;

/// <summary>A successful answer with its whole body, in pooled memory until disposed.</summary>
internal sealed class BrokerAnswer(int status, string? entityTag, byte[] buffer, int length) : IDisposable
{
    private const int FirstSize = 16 * 1024;

    // A page is at most 16 MiB of records; base64 and JSON escapes can make some times that of it.
    private const int MaxSize = 128 * 1024 * 1024;

    public int Status => status;

    public string? EntityTag => entityTag;

    /// <summary>What it tells beside its body; null = it is not known.</summary>
    public HttpResponseHeaders? Headers { get; init; }

    public ReadOnlyMemory<byte> Body => buffer.AsMemory(0, length);

    public T Read<T>(JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Body.Span, type) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"the answer (HTTP {status}) is not what a RestBroker sends. Is --server right?", e);
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    public static async Task<BrokerAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var announced = response.Content.Headers.ContentLength is { } size and <= MaxSize ? (int)size : FirstSize;
        var buffer = ArrayPool<byte>.Shared.Rent(Math.Max(announced, 1) + 1);
        try
        {
            var length = 0;
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            while (await body.ReadAsync(buffer.AsMemory(length), cancellationToken) is > 0 and var count)
            {
                length += count;
                if (length == buffer.Length) buffer = Grow(buffer);
            }
            return new BrokerAnswer((int)response.StatusCode, response.Headers.ETag?.ToString(), buffer, length) { Headers = response.Headers };
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    private static byte[] Grow(byte[] full)
    {
        if (full.Length > MaxSize) throw new CommandFailedException($"the answer is larger than {MaxSize / 1024 / 1024} MiB. Is --server right?");
        var bigger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(bigger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return bigger;
    }
}
