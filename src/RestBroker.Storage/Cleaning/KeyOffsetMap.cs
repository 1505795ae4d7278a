namespace RestBroker.Storage.Cleaning;

/// <summary>
/// The last offset of each key, in memory that does not depend on how many keys there are: open addressing over key hashes, grown up to a
/// budget and then full. Not thread-safe.
/// </summary>
internal sealed class KeyOffsetMap
{
    /// <summary>Bytes that a key takes: its hash and its offset.</summary>
    public const int SlotSize = 24;

    private const int FewestSlots = 1024;

    private readonly long _maxSlots;
    private UInt128[] _hashes;
    private long[] _ends; // one past the offset; 0 = the slot is free

    public KeyOffsetMap(long maxBytes)
    {
        _maxSlots = Math.Clamp(maxBytes / SlotSize, FewestSlots, Array.MaxLength);
        (_hashes, _ends) = (new UInt128[FewestSlots], new long[FewestSlots]);
    }

    public int Count { get; private set; }

    private bool IsCrowded => Count >= _ends.Length / 4 * 3;

    /// <summary>Notes an offset of a key, which is later than the one before. False where the budget has no room for another key.</summary>
    public bool TryPut(UInt128 hash, long offset)
    {
        var slot = Find(hash);
        if (_ends[slot] == 0)
        {
            if (IsCrowded && !TryGrow()) return false;
            slot = Find(hash);
            _hashes[slot] = hash;
            Count++;
        }

        _ends[slot] = offset + 1;
        return true;
    }

    /// <summary>The last offset of a key; -1 where it is not known.</summary>
    public long Get(UInt128 hash) => _ends[Find(hash)] - 1;

    private int Find(UInt128 hash)
    {
        var slot = (int)((ulong)hash % (ulong)_ends.Length);
        while (_ends[slot] != 0 && _hashes[slot] != hash) slot = slot + 1 == _ends.Length ? 0 : slot + 1;
        return slot;
    }

    // The old slots and the new ones are there at once, and both count.
    private bool TryGrow()
    {
        var (oldHashes, oldEnds) = (_hashes, _ends);
        var slots = Math.Min(oldEnds.Length * 2L, _maxSlots - oldEnds.Length);
        if (slots < oldEnds.Length + (oldEnds.Length / 2)) return false;
        (_hashes, _ends) = (new UInt128[slots], new long[slots]);
        for (var i = 0; i < oldEnds.Length; i++)
        {
            if (oldEnds[i] == 0) continue;
            var slot = Find(oldHashes[i]);
            (_hashes[slot], _ends[slot]) = (oldHashes[i], oldEnds[i]);
        }

        return true;
    }
}
