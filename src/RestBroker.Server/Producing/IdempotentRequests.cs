using System.Collections.Concurrent;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>
/// The one place where a request with an idempotency key begins, whatever its route: one of them runs at a time, a key belongs to one body
/// in the whole topic, and a retry is partitioned as the first try was, even if partitions were added since. Thread-safe.
/// </summary>
internal sealed class IdempotentRequests(ILogEngine engine)
{
    /// <summary>Says of an answer that it is the one of an earlier try.</summary>
    public const string ReplayHeader = "RB-Idempotent-Replay";

    // By the producer id, which is made of the topic's id and the key.
    private readonly ConcurrentDictionary<long, bool> _running = new();

    /// <summary>Begins a request; dispose it when its records are stored. Hand it to <see cref="ProduceOptions.Key"/>.</summary>
    /// <param name="key">The request's key.</param>
    /// <param name="topic">Where its records go; call it once the topic exists.</param>
    /// <param name="digest">What it asks for; see <see cref="RequestDigest"/>.</param>
    /// <param name="cancellationToken">Ends with the request.</param>
    /// <exception cref="BrokerException">IdempotencyKeyInUse, IdempotencyKeyReused.</exception>
    public async ValueTask<KeyedRequest> BeginAsync(IdempotencyKey key, TopicDescription topic, byte[] digest, CancellationToken cancellationToken)
    {
        var producerId = key.ProducerIdIn(topic);
        if (!_running.TryAdd(producerId, true))
        {
            throw new BrokerException(BrokerError.IdempotencyKeyInUse, $"A request with this {IdempotencyKey.HeaderName} is running. Ask again for its receipts.")
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            };
        }

        try
        {
            var stored = await engine.FindProducerAsync(topic.Name, producerId, cancellationToken);
            var partitionCount = stored.Count > 0 ? stored[0].Mark!.Value.PartitionCount : topic.PartitionCount;
            var (header, mark) = IdempotencyMark.Of(key.Text, digest, partitionCount);
            if (stored.Any(part => part.Mark!.Value.Hash != mark.Hash))
                throw new BrokerException(BrokerError.IdempotencyKeyReused, $"This {IdempotencyKey.HeaderName} belongs to another request of topic {topic.Name}. Take a new key for a new request; nothing was stored.");
            return new KeyedRequest(producerId, header, partitionCount, key, () => _running.TryRemove(producerId, out _));
        }
        catch
        {
            _running.TryRemove(producerId, out _);
            throw;
        }
    }
}
