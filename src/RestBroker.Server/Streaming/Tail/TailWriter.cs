using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>Writes events into chunks. Not thread-safe.</summary>
internal sealed class TailWriter : IDisposable
{
    // A chunk is what every stream sends in one go; a larger record makes a larger one.
    private const int LargeChunk = 32 * 1024;

    private readonly ReadSession _session;
    private readonly TailDress _dress;
    private readonly IReadOnlyList<SharedLines> _lines;
    private readonly List<TailEvent> _events = [];
    private List<Record>? _keys;

    /// <param name="session">The read whose records they are.</param>
    /// <param name="dress">How they are written.</param>
    /// <param name="lines">For each topic of the read, what others have written of it; disposed of with the writer.</param>
    public TailWriter(ReadSession session, TailDress dress, IReadOnlyList<SharedLines> lines) => (_session, _dress, _lines) = (session, dress, lines);

    public bool IsEmpty => _events.Count == 0;

    public bool IsLarge => _dress.Buffer.Length >= LargeChunk;

    /// <summary>Writes a record's event.</summary>
    public void Add(in ReadItem item, bool withKeys)
    {
        if (IsEmpty) _keys = withKeys ? [] : null;
        var topic = _session.IndexOf(item.Topic);
        if (_lines[topic].IsShared) _dress.Dress.Line(_lines[topic].GetOrWrite(item));
        else _dress.Dress.Record(item);
        _events.Add(new TailEvent(_dress.Buffer.Length, topic, item.Partition, item.Record.Offset + 1));
        // The value stays behind: no filter looks at it.
        _keys?.Add((item.Record with { Value = null }).Copy());
    }

    /// <summary>What was added, as a chunk that ends at a position; begins the next one.</summary>
    public TailChunk Take(IReadOnlyList<CursorTopic> position)
    {
        var chunk = new TailChunk(Cursor.Of(position), _dress.Buffer.Written.ToArray(), [.. _events], _keys is null && !IsEmpty ? null : [.. _keys ?? []]);
        _events.Clear();
        _keys = null;
        // An idle hub holds no memory of the pool.
        _dress.Buffer.Dispose();
        return chunk;
    }

    public void Dispose()
    {
        foreach (var lines in _lines) lines.Dispose();
        _dress.Dispose();
    }
}
