using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>Cursors inside a group: the topics are the group's that exist, in the order of its settings; what is not owned is empty.</summary>
internal static class GroupCursor
{
    /// <summary>Positions for a read: the session's, or further on where the cursor says so. What is not in the lease is not looked at.</summary>
    /// <exception cref="BrokerException">InvalidCursor.</exception>
    public static IReadOnlyList<TopicPosition> Place(GroupSession session, string? cursor) =>
        Place(session, cursor is null ? [] : Cursor.Parse(cursor).Topics, _ => true);

    /// <summary>The same of a position, of which some partitions may not count.</summary>
    public static IReadOnlyList<TopicPosition> Place(GroupSession session, IReadOnlyList<CursorTopic> cursor, Func<TopicPartition, bool> counts)
    {
        var positions = Slots(session.Topics, session.Positions)
            .Select((slots, i) => new TopicPosition(session.Topics[i], slots, takesNewPartitions: false)).ToList();
        foreach (var part in cursor)
        {
            if (positions.Find(topic => topic.Topic.Incarnation == part.Incarnation) is not { } topic) continue;
            for (var i = 0; i < Math.Min(part.Slots.Length, topic.PartitionCount); i++)
            {
                if (topic.InScope(i) && counts(new TopicPartition(topic.Name, i))) topic.Advance(i, part.Slots.Span[i]);
            }
        }

        return positions;
    }

    /// <summary>What a cursor commits: its slots that are not empty.</summary>
    /// <exception cref="BrokerException">InvalidCursor, TopicRecreated.</exception>
    public static IReadOnlyList<OffsetCommit> Read(string cursor, IReadOnlyList<TopicDescription> topics) => Read(Cursor.Parse(cursor).Topics, topics);

    /// <summary>What a position commits: its slots that are not empty.</summary>
    /// <exception cref="BrokerException">TopicRecreated.</exception>
    public static IReadOnlyList<OffsetCommit> Read(IReadOnlyList<CursorTopic> cursor, IReadOnlyList<TopicDescription> topics)
    {
        var commits = new List<OffsetCommit>();
        foreach (var part in cursor)
        {
            var topic = topics.FirstOrDefault(topic => topic.Incarnation == part.Incarnation);
            for (var i = 0; i < part.Slots.Length; i++)
            {
                if (part.Slots.Span[i] is not (>= 0 and var nextOffset)) continue;
                if (topic is null) throw Unknown(part.Incarnation);
                commits.Add(new OffsetCommit(new TopicPartition(topic.Name, i), nextOffset, topic.TopicId));
            }
        }

        return commits;
    }

    /// <summary>The refusal of a lease, with a cursor of what is still owned that can be committed as it stands.</summary>
    public static BrokerException Refusal(FencedLease fenced, IReadOnlyList<TopicDescription> topics)
    {
        var slots = Slots(topics, fenced.StillOwned);
        return new BrokerException(BrokerError.LeaseFenced, fenced.Detail)
        {
            Members = new Dictionary<string, object>
            {
                ["cursor"] = Cursor.Format([.. topics.Select((topic, i) => new CursorTopic(topic.Incarnation, slots[i]))]),
            },
        };
    }

    private static List<long[]> Slots(IReadOnlyList<TopicDescription> topics, IReadOnlyList<CommittedOffset> offsets)
    {
        var slots = new List<long[]>(topics.Count);
        foreach (var topic in topics)
        {
            var ofTopic = new long[topic.PartitionCount];
            Array.Fill(ofTopic, CursorTopic.NotInScope);
            foreach (var (partition, topicId, nextOffset) in offsets)
            {
                if (topicId == topic.TopicId && partition.Partition < ofTopic.Length) ofTopic[partition.Partition] = nextOffset;
            }

            slots.Add(ofTopic);
        }

        return slots;
    }

    private static BrokerException Unknown(string incarnation) => new(
        BrokerError.TopicRecreated,
        $"The cursor is of a topic ({incarnation}) that the group does not read any more, or that was deleted and created again: fetch, and go on from there.");
}
