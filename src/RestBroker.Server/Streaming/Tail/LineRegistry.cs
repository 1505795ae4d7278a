namespace RestBroker.Server.Streaming.Tail;

/// <summary>The shared lines of every topic that hubs read. Thread-safe.</summary>
internal sealed class LineRegistry
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid TopicId, RecordShape Shape), SharedLines> _topics = [];

    /// <summary>The lines of a topic, until they are disposed of.</summary>
    public SharedLines Take(Guid topicId, RecordShape shape)
    {
        lock (_gate)
        {
            if (!_topics.TryGetValue((topicId, shape), out var lines)) _topics.Add((topicId, shape), lines = new SharedLines(this, (topicId, shape)));
            lines.UserCount++;
            return lines;
        }
    }

    /// <summary>One of their users is done.</summary>
    public void Release(SharedLines lines)
    {
        lock (_gate)
        {
            if (--lines.UserCount == 0) _topics.Remove(lines.Scope);
            else if (!lines.IsShared) lines.Clear();
        }
    }
}
