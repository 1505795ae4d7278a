using System.Globalization;

namespace RestBroker.Server.Streaming;

/// <summary>Where a read of several topics stands, held against where another one does. Not thread-safe.</summary>
internal sealed class ReadPlace(IReadOnlyList<TopicPosition> topics)
{
    private readonly CursorTopic[] _cursor = new CursorTopic[topics.Count];

    /// <summary>What is read: topics by their ids, in their order, and which of their partitions. Reads of one scope may take the same way.</summary>
    public string Scope => string.Join(' ', topics.Select(ScopeOf));

    /// <summary>The position. Valid until the read moves.</summary>
    public IReadOnlyList<CursorTopic> Now
    {
        get
        {
            for (var i = 0; i < _cursor.Length; i++) _cursor[i] = topics[i].Cursor;
            return _cursor;
        }
    }

    /// <summary>Whether every partition stands at its bound; false without bounds.</summary>
    public bool IsAtBound => topics.All(topic => topic.IsAtBound);

    /// <summary>Whether it stands exactly there.</summary>
    public bool IsAt(Cursor other)
    {
        for (var i = 0; i < topics.Count; i++)
        {
            if (!topics[i].Cursor.Slots.Span.SequenceEqual(other.Topics[i].Slots.Span)) return false;
        }

        return true;
    }

    /// <summary>Whether it gets there by reading on; partitions that only the other knows are read from their beginning.</summary>
    public bool IsBehind(Cursor other)
    {
        if (IsWiderThan(other)) return false;
        for (var i = 0; i < topics.Count; i++)
        {
            var mine = topics[i].Cursor.Slots.Span;
            var theirs = other.Topics[i].Slots.Span;
            for (var partition = 0; partition < mine.Length; partition++)
            {
                if (mine[partition] > theirs[partition]) return false;
            }
        }

        return true;
    }

    /// <summary>Whether it knows of partitions that the other has not seen.</summary>
    public bool IsWiderThan(Cursor other) => topics.Where((topic, i) => topic.PartitionCount > other.Topics[i].Slots.Length).Any();

    /// <summary>Ends every partition where another read stands; null = nowhere.</summary>
    public void Bound(Cursor? other)
    {
        for (var i = 0; i < topics.Count; i++) topics[i].Bound(other?.Topics[i].Slots.ToArray());
    }

    /// <summary>Where the partitions end, as far as it is known.</summary>
    public Cursor End => Cursor.Of([.. topics.Select(topic => topic.End)]);

    /// <summary>The same partitions where another read of the scope stands. Thread-safe.</summary>
    /// <param name="position">Where that is.</param>
    /// <param name="end">The end of the log, as far as it is known.</param>
    public IReadOnlyList<TopicPosition> At(Cursor position, Cursor end) =>
        [.. topics.Select((topic, i) => topic.At(position.Topics[i].Slots.Span, end.Topics[i].Slots.Span))];

    /// <summary>Steps behind one record that was read elsewhere.</summary>
    public void Pass(int topic, int partition, long nextOffset)
    {
        topics[topic].Reserve(partition + 1);
        topics[topic].Advance(partition, nextOffset);
    }

    private static string ScopeOf(TopicPosition topic)
    {
        // What is left out of all, or what is named: so that the text stays the same when partitions are added.
        var named = Enumerable.Range(0, topic.PartitionCount).Where(partition => topic.InScope(partition) != topic.TakesNewPartitions);
        return string.Create(CultureInfo.InvariantCulture, $"{topic.Topic.TopicId:N}{(topic.TakesNewPartitions ? '-' : '+')}{string.Join(',', named)}");
    }
}
