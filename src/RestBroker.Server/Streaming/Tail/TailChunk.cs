using System.Diagnostics.CodeAnalysis;
using RestBroker.Core.Records;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>One event of a chunk.</summary>
/// <param name="End">Where its bytes end; they begin where those of the one before end.</param>
/// <param name="Topic">The topic's place in the position.</param>
/// <param name="Partition">The record's partition.</param>
/// <param name="NextOffset">One past the record.</param>
internal readonly record struct TailEvent(int End, int Topic, int Partition, long NextOffset);

/// <summary>
/// Whole events, written once for all streams of a hub: ids, data and blank lines. Chunks are linked, and the link is cut when a hub lets
/// go of the older one: who still stands there has lost touch, and holds on to no more than what it is about to send. Immutable but for
/// the link. Thread-safe.
/// </summary>
/// <param name="to">The position behind it.</param>
/// <param name="bytes">The events.</param>
/// <param name="events">One entry an event.</param>
/// <param name="keys">Keys and headers of the records, without their values; null where no stream had a filter.</param>
internal sealed class TailChunk(Cursor to, byte[] bytes, TailEvent[] events, Record[]? keys)
{
    private TailChunk? _next;
    private volatile bool _isDropped;

    public Cursor To { get; } = to;

    public byte[] Bytes { get; } = bytes;

    public TailEvent[] Events { get; } = events;

    public Record[]? Keys { get; } = keys;

    /// <summary>Where a hub begins.</summary>
    public static TailChunk StartAt(Cursor position) => new(position, [], [], []);

    /// <summary>The next one; false with <paramref name="isLost"/> where the link was cut, and false where there is none yet.</summary>
    public bool TryGetNext([NotNullWhen(true)] out TailChunk? next, out bool isLost)
    {
        next = Volatile.Read(ref _next);
        isLost = next is null && _isDropped;
        return next is not null;
    }

    /// <summary>Links a newer one. The hub alone may.</summary>
    public void Append(TailChunk next) => Volatile.Write(ref _next, next);

    /// <summary>Cuts the link. The hub alone may, and gets what followed.</summary>
    public TailChunk Drop()
    {
        var next = _next!;
        // In this order: who finds no link must find the reason.
        _isDropped = true;
        Volatile.Write(ref _next, null);
        return next;
    }
}
