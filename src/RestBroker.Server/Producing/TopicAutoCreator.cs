using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Producing;

/// <summary>
/// Creates and deletes topics for clients: fills in the default partition count, keeps the reserved names, and lets a produce request
/// create what is missing, within a rate, and not at once after a deletion. Thread-safe.
/// </summary>
internal sealed class TopicAutoCreator(ILogEngine engine, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    private readonly ConcurrentDictionary<string, long> _deletedAt = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<TopicDescription>>> _creations = new();
    private readonly Lock _gate = new();
    private long _windowStart;
    private int _createdInWindow;

    private RestBrokerOptions Options => options.Value;

    /// <summary>Creates a topic that a client asked for by name.</summary>
    public async ValueTask<TopicDescription> CreateAsync(TopicSpec spec, CancellationToken cancellationToken)
    {
        TopicName.Require(spec.Name);
        Reserved.Refuse(spec.Name);
        var created = await engine.CreateTopicAsync(spec with { PartitionCount = spec.PartitionCount ?? Options.DefaultPartitionCount }, cancellationToken);
        _deletedAt.TryRemove(spec.Name, out _);
        return created;
    }

    /// <summary>The topic of the wish's name, created as wished if it is missing; of several at once, one creates it.</summary>
    public async ValueTask<(TopicDescription Topic, bool IsCreated)> GetOrCreateAsync(TopicSpec wish, CancellationToken cancellationToken)
    {
        TopicName.Require(wish.Name);
        Reserved.Refuse(wish.Name);
        if (await engine.DescribeTopicAsync(wish.Name, cancellationToken) is { } found) return (found, false);
        try
        {
            return (await CreateAsync(wish, cancellationToken), true);
        }
        catch (BrokerException e) when (e.Error == BrokerError.TopicAlreadyExists)
        {
            return (await engine.GetTopicAsync(wish.Name, cancellationToken), false); // another request was quicker
        }
    }

    /// <summary>Deletes a topic and remembers it for a while.</summary>
    public async ValueTask DeleteAsync(string topic, CancellationToken cancellationToken)
    {
        TopicName.Require(topic);
        Reserved.Refuse(topic);
        await engine.GetTopicAsync(topic, cancellationToken);
        Forget();
        _deletedAt[topic] = time.GetTimestamp();
        await engine.DeleteTopicAsync(topic, cancellationToken);
    }

    /// <summary>The topic; null = it is missing, and would be created if a request were valid.</summary>
    /// <exception cref="BrokerException">UnknownTopicOrPartition, TopicRecentlyDeleted: it is missing and would not be created.</exception>
    public async ValueTask<TopicDescription?> FindAsync(string topic, CancellationToken cancellationToken)
    {
        TopicName.Require(topic);
        Reserved.Refuse(topic);
        if (await engine.DescribeTopicAsync(topic, cancellationToken) is { } found) return found;
        if (!Options.AutoCreateTopics) throw TopicLookup.Unknown(topic);
        RefuseRecentlyDeleted(topic);
        return null;
    }

    /// <summary>The topic, created if it is missing. Call it only for a request that is valid.</summary>
    public async ValueTask<(TopicDescription Topic, bool Created)> GetOrCreateAsync(string topic, CancellationToken cancellationToken)
    {
        if (await engine.DescribeTopicAsync(topic, cancellationToken) is { } found) return (found, false);
        if (!Options.AutoCreateTopics) throw TopicLookup.Unknown(topic);
        RefuseRecentlyDeleted(topic);
        return await CreateOnceAsync(topic, cancellationToken);
    }

    private async ValueTask<(TopicDescription Topic, bool Created)> CreateOnceAsync(string topic, CancellationToken cancellationToken)
    {
        // Of many producers to one missing topic, the first creates it and takes the turn; the others wait for it.
        var mine = new Lazy<Task<TopicDescription>>(() => CreateInTurnAsync(topic));
        var creation = _creations.GetOrAdd(topic, mine);
        try
        {
            return (await creation.Value.WaitAsync(cancellationToken), ReferenceEquals(creation, mine));
        }
        finally
        {
            if (ReferenceEquals(creation, mine)) _creations.TryRemove(topic, out _);
        }
    }

    private async Task<TopicDescription> CreateInTurnAsync(string topic)
    {
        TakeTurn();
        var (created, _) = await GetOrCreateAsync(new TopicSpec(topic, null, null, new Dictionary<string, string>()), CancellationToken.None);
        return created;
    }

    private void RefuseRecentlyDeleted(string topic)
    {
        var grace = TimeSpan.FromSeconds(Options.DeletedTopicGraceSeconds);
        if (!_deletedAt.TryGetValue(topic, out var deletedAt) || time.GetElapsedTime(deletedAt) is var age && age >= grace) return;
        throw new BrokerException(
            BrokerError.TopicRecentlyDeleted, $"Topic {topic} was deleted a moment ago and is not created again by a stray record. PUT /v1/topics/{topic} creates it.")
        {
            RetryAfter = grace - age,
        };
    }

    private void TakeTurn()
    {
        lock (_gate)
        {
            if (time.GetElapsedTime(_windowStart) >= TimeSpan.FromSeconds(1) || _windowStart == 0)
            {
                _windowStart = time.GetTimestamp();
                _createdInWindow = 0;
            }

            if (++_createdInWindow <= Options.MaxAutoCreationsPerSecond) return;
        }

        throw new BrokerException(
            BrokerError.TooManyRequests, $"More than {Options.MaxAutoCreationsPerSecond} topics a second are not created by produce requests.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        };
    }

    private void Forget()
    {
        var grace = TimeSpan.FromSeconds(Options.DeletedTopicGraceSeconds);
        foreach (var (topic, deletedAt) in _deletedAt)
        {
            if (time.GetElapsedTime(deletedAt) >= grace) _deletedAt.TryRemove(topic, out _);
        }
    }
}
