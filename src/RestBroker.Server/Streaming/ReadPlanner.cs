using Microsoft.Extensions.Options;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;
using RestBroker.Server.Endpoints;

namespace RestBroker.Server.Streaming;

/// <summary>Turns what a request says about where to read into positions.</summary>
internal sealed class ReadPlanner(ILogEngine engine, IOptions<RestBrokerOptions> options, TimeProvider time)
{
    public RestBrokerOptions Options => options.Value;

    /// <summary>Positions at the query's cursor, or else at a start.</summary>
    /// <exception cref="BrokerException">As the two below; InvalidRequest for a query with both.</exception>
    public ValueTask<IReadOnlyList<TopicPosition>> PlaceAsync(
        IReadOnlyList<string> topics, TopicReadQuery query, StartPosition from, CancellationToken cancellationToken)
    {
        var partitions = PartitionChoice.Parse(query.Partitions);
        if (topics.Count > 1 && !partitions.IsAll)
            throw new BrokerException(BrokerError.InvalidRequest, "partitions= is for one topic; the request names several. Ask for each by itself, or leave it out.");
        if (query.Cursor is null) return StartAsync(topics, partitions, from, cancellationToken);
        if (query.From is not null)
            throw new BrokerException(BrokerError.InvalidRequest, "Both from and cursor are given. A cursor says where to go on; leave 'from' out.");
        return ResumeAsync(topics, partitions, Cursor.Parse(query.Cursor), null, cancellationToken);
    }

    /// <summary>Ends the positions where the query says; false where it says nothing.</summary>
    /// <exception cref="BrokerException">InvalidRequest, InvalidRange, UnknownTopicOrPartition.</exception>
    public async ValueTask<bool> BoundAsync(IReadOnlyList<TopicPosition> positions, TopicReadQuery query, CancellationToken cancellationToken)
    {
        if (UntilText.Parse(query.Until, time) is not { } until) return false;
        foreach (var topic in positions)
        {
            var ends = await StartPosition.Latest.ResolveAsync(engine, topic.Name, cancellationToken);
            topic.Bound(until == StartPosition.Latest ? ends : await until.ResolveAsync(engine, topic.Name, cancellationToken));
            topic.NoteBeyond(ends);
        }

        return true;
    }

    /// <summary>Positions at a start.</summary>
    /// <exception cref="BrokerException">InvalidTopic, UnknownTopicOrPartition, InvalidPartitions.</exception>
    public async ValueTask<IReadOnlyList<TopicPosition>> StartAsync(
        IReadOnlyList<string> topics, PartitionChoice partitions, StartPosition from, CancellationToken cancellationToken)
    {
        var positions = new List<TopicPosition>(topics.Count);
        foreach (var name in topics)
        {
            var topic = await engine.GetTopicAsync(name, cancellationToken);
            partitions.Check(topic);
            var offsets = await from.ResolveAsync(engine, name, cancellationToken);
            // A partition may have been added between the two questions; it is picked up as every later one is.
            Array.Resize(ref offsets, topic.PartitionCount);
            for (var i = 0; i < offsets.Length; i++)
            {
                if (!partitions.Includes(i)) offsets[i] = CursorTopic.NotInScope;
            }

            positions.Add(new TopicPosition(topic, offsets, partitions.IsAll));
        }

        return positions;
    }

    /// <summary>Positions of a cursor. With a list of <paramref name="resets"/>, topics created again are read from 0 and noted there.</summary>
    /// <exception cref="BrokerException">InvalidTopic, UnknownTopicOrPartition, InvalidCursor, TopicRecreated, InvalidPartitions.</exception>
    public async ValueTask<IReadOnlyList<TopicPosition>> ResumeAsync(
        IReadOnlyList<string> topics, PartitionChoice partitions, Cursor cursor, List<ReadNotice>? resets, CancellationToken cancellationToken)
    {
        if (cursor.Topics.Count != topics.Count)
        {
            throw new BrokerException(
                BrokerError.InvalidCursor, cursor.IsEnd
                    ? $"{Cursor.EndText} is the end of a stream: nothing follows it. Begin anew with 'from'."
                    : $"The cursor holds {cursor.Topics.Count} topics and the request names {topics.Count}. Name the same topics in the same order.");
        }

        var positions = new List<TopicPosition>(topics.Count);
        for (var i = 0; i < topics.Count; i++)
        {
            var topic = await engine.GetTopicAsync(topics[i], cancellationToken);
            partitions.Check(topic);
            var slots = Slots(topic, partitions, cursor.Topics[i]);
            positions.Add(new TopicPosition(topic, slots, partitions.IsAll));
            if (cursor.Topics[i].Incarnation == topic.Incarnation) continue;
            if (resets is null) throw ReadRefusals.Recreated(topic.Name);
            positions[i].Recreate(topic);
            resets.Add(ReadNotices.Recreated(topic));
        }

        if (positions.Any(topic => topic.PartitionsInScope > 0)) return positions;
        throw new BrokerException(BrokerError.InvalidCursor, "No partition of the cursor is left to read: all its slots are empty.");
    }

    private static long[] Slots(TopicDescription topic, PartitionChoice partitions, CursorTopic cursor)
    {
        var isSame = cursor.Incarnation == topic.Incarnation;
        if (isSame && cursor.Slots.Length > topic.PartitionCount)
        {
            throw new BrokerException(
                BrokerError.InvalidCursor, $"The cursor holds {cursor.Slots.Length} partitions; {topic.Name} has {topic.PartitionCount}. Begin anew with 'from'.");
        }

        var slots = new long[topic.PartitionCount];
        for (var i = 0; i < slots.Length; i++)
        {
            var next = cursor.NextOffset(i);
            if (isSame && next is null && partitions.Names(i))
            {
                throw new BrokerException(
                    BrokerError.InvalidCursor, $"Partition {i} of {topic.Name} is not in the cursor; partitions= may only leave some of its partitions out.");
            }

            slots[i] = next is { } offset && partitions.Includes(i) ? offset : CursorTopic.NotInScope;
        }

        return slots;
    }
}
