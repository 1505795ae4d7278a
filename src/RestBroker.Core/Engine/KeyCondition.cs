namespace RestBroker.Core.Engine;

/// <summary>What must hold for the key of a batch's only record, or the batch is not appended. A key that was deleted is absent.</summary>
public readonly record struct KeyCondition
{
    private enum Kind
    {
        Absent,
        Present,
        AtOffset,
    }

    private readonly Kind _kind;
    private readonly long _offset;

    private KeyCondition(Kind kind, long offset) => (_kind, _offset) = (kind, offset);

    /// <summary>The key has no value: create only.</summary>
    public static KeyCondition Absent { get; } = new(Kind.Absent, -1);

    /// <summary>The key has a value, whichever it is.</summary>
    public static KeyCondition Present { get; } = new(Kind.Present, -1);

    /// <summary>The key's value is the one at this offset: compare and set.</summary>
    public static KeyCondition At(long offset) => new(Kind.AtOffset, offset);

    /// <summary>Whether it holds where the key's value has this offset; null = the key is absent.</summary>
    public bool Holds(long? offset) => _kind switch
    {
        Kind.Absent => offset is null,
        Kind.Present => offset is not null,
        _ => offset == _offset,
    };
}
