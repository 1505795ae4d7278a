using RestBroker.Core.Errors;
using ZstdSharp;

namespace RestBroker.Server.Producing;

/// <summary>
/// A body as it was before its client encoded it. What cannot be decoded and what grows beyond its budget is refused, in the words of the
/// API. Not thread-safe.
/// </summary>
internal sealed class DecodedBody(Stream decoder, string encoding, Func<long> budget) : ReadOnlyStream
{
    private long _count;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            var count = await decoder.ReadAsync(buffer, cancellationToken);
            _count += count;
            if (_count <= budget()) return count;
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException or EndOfStreamException or ZstdException)
        {
            throw new BrokerException(BrokerError.InvalidRequest, $"The body is not {encoding}, or was cut: {e.Message}", e);
        }

        throw new BrokerException(BrokerError.RequestTooLarge, $"The body grows beyond what may come of its {encoding} (RestBroker:MaxDecompressionRatio).");
    }
}
