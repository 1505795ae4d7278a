namespace RestBroker.Storage.Keys;

/// <summary>Where the last record of a key lies, and whether it deletes the key.</summary>
internal readonly record struct KeyPlace(long Offset, bool IsTombstone)
{
    /// <summary>The offset of the key's value; null where it has none.</summary>
    public long? ValueOffset => IsTombstone ? null : Offset;
}
