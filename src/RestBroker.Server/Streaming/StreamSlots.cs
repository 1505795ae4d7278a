using System.Net;
using Microsoft.Extensions.Options;
using RestBroker.Core.Errors;
using RestBroker.Server.Composition;

namespace RestBroker.Server.Streaming;

/// <summary>Counts the streams that are open, in all and by client address. Thread-safe.</summary>
internal sealed class StreamSlots(IOptions<RestBrokerOptions> options)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _byAddress = [];
    private int _count;

    /// <summary>Takes a place until it is disposed.</summary>
    /// <exception cref="BrokerException">TooManyStreams, TooManyRequests.</exception>
    public IDisposable Take(IPAddress? client)
    {
        var address = client ?? IPAddress.None;
        lock (_lock)
        {
            var ofAddress = _byAddress.GetValueOrDefault(address);
            if (_count >= options.Value.MaxStreams)
            {
                throw new BrokerException(
                    BrokerError.TooManyStreams, $"{_count} streams are open, as many as RestBroker:MaxStreams allows. Read pages with wait=50, or try again.")
                { RetryAfter = RetryAfter };
            }

            if (ofAddress >= options.Value.MaxStreamsPerAddress)
            {
                throw new BrokerException(
                    BrokerError.TooManyRequests,
                    $"{ofAddress} streams are open from {address}, as many as RestBroker:MaxStreamsPerAddress allows. Close one; one stream can read several topics.")
                { RetryAfter = RetryAfter };
            }

            _count++;
            _byAddress[address] = ofAddress + 1;
        }

        return new Slot(this, address);
    }

    private void Give(IPAddress address)
    {
        lock (_lock)
        {
            _count--;
            if (--_byAddress[address] == 0) _byAddress.Remove(address);
        }
    }

    private sealed class Slot(StreamSlots slots, IPAddress address) : IDisposable
    {
        private bool _isGiven;

        public void Dispose()
        {
            if (_isGiven) return;
            _isGiven = true;
            slots.Give(address);
        }
    }
}
