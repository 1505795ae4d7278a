namespace RestBroker.Server.Streaming;

/// <summary>The part of a <see cref="Cursor"/> that belongs to one topic.</summary>
/// <param name="incarnation">Of the topic that was read: eight characters [0-9a-z].</param>
/// <param name="slots">Slot n is the next offset of partition n, or <see cref="NotInScope"/>.</param>
internal readonly struct CursorTopic(string incarnation, ReadOnlyMemory<long> slots)
{
    /// <summary>The slot of a partition that is not read.</summary>
    public const long NotInScope = -1;

    public string Incarnation { get; } = incarnation;

    public ReadOnlyMemory<long> Slots { get; } = slots;

    /// <summary>The next offset of a partition; null where it is not in scope. A partition beyond the last slot was added later: 0.</summary>
    public long? NextOffset(int partition)
    {
        if (partition >= Slots.Length) return 0;
        return Slots.Span[partition] is var offset and >= 0 ? offset : null;
    }
}
