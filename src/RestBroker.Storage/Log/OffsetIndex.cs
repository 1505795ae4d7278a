using System.Buffers.Binary;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>
/// Where batches lie in a segment: a sparse, rising list of (last offset of a batch less the segment's base offset, position). The
/// file is a cache of it in Kafka's format, eight bytes an entry. One writer, who holds the partition lock; any number of readers.
/// </summary>
internal sealed class OffsetIndex
{
    public const int EntrySize = 8;

    // An entry is one long (offset << 32 | position), so that a reader never sees half of one.
    private long[] _entries = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>The position of the last entry; 0 where there is none.</summary>
    public int LastPosition => _count == 0 ? 0 : PositionOf(_entries[_count - 1]);

    private ReadOnlySpan<long> Entries
    {
        get
        {
            var count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    public void Append(int relativeOffset, int position)
    {
        if (_count == _entries.Length)
        {
            var larger = new long[Math.Max(_count * 2, 16)];
            _entries.AsSpan(0, _count).CopyTo(larger);
            Volatile.Write(ref _entries, larger);
        }

        _entries[_count] = ((long)relativeOffset << 32) | (uint)position;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>The last entry at or before an offset; null where the segment has to be read from its start.</summary>
    public (int RelativeOffset, int Position)? Floor(long relativeOffset)
    {
        var entries = Entries;
        var above = FirstAbove(entries, relativeOffset);
        return above == 0 ? null : (OffsetOf(entries[above - 1]), PositionOf(entries[above - 1]));
    }

    /// <summary>
    /// An entry whose batch holds an offset, as it seems, and where that batch ends at the latest, if anything is known to follow. Null
    /// where the entries lie so close to each other that there may be more batches than entries, and none seems to.
    /// </summary>
    public (int RelativeOffset, int Position, int? End)? Holding(long relativeOffset)
    {
        var entries = Entries;
        var at = FirstAbove(entries, relativeOffset - 1);
        if (at == entries.Length) return null;
        var (offset, position) = (OffsetOf(entries[at]), PositionOf(entries[at]));
        // So far apart, and the batch before it is a large one: as a rule that of the entry before.
        var isFar = at > 0 && position - PositionOf(entries[at - 1]) > 2 * LogSegment.IndexInterval;
        if (offset != relativeOffset && !isFar) return null;
        return (offset, position, at + 1 < entries.Length ? PositionOf(entries[at + 1]) : null);
    }

    /// <summary>Whether it begins with the entries of another one.</summary>
    public bool StartsWith(OffsetIndex other) => _entries.AsSpan(0, _count).StartsWith(other._entries.AsSpan(0, other._count));

    /// <summary>Writes so many entries as they stand in the file.</summary>
    public void Write(PooledBuffer target, int count)
    {
        var bytes = target.GetSpan(count * EntrySize);
        for (var i = 0; i < count; i++) BinaryPrimitives.WriteInt64BigEndian(bytes[(i * EntrySize)..], _entries[i]);
        target.Advance(count * EntrySize);
    }

    public static OffsetIndex FromBytes(ReadOnlySpan<byte> bytes)
    {
        var index = new OffsetIndex { _entries = new long[bytes.Length / EntrySize] };
        for (var i = 0; i < index._entries.Length; i++) index._entries[i] = BinaryPrimitives.ReadInt64BigEndian(bytes[(i * EntrySize)..]);
        index._count = index._entries.Length;
        return index;
    }

    private static int FirstAbove(ReadOnlySpan<long> entries, long relativeOffset)
    {
        int low = 0, high = entries.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (OffsetOf(entries[middle]) <= relativeOffset) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private static int OffsetOf(long entry) => (int)(entry >> 32);

    private static int PositionOf(long entry) => (int)entry;
}
