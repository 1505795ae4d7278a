using System.Buffers.Binary;
using RestBroker.Core.Records;

namespace RestBroker.Storage.Log;

/// <summary>
/// The greatest timestamp so far and the last offset of the batch that brought it, less the segment's base offset: both rise from
/// entry to entry. The file is a cache of it in Kafka's format, twelve bytes an entry. One writer, who holds the partition lock; any
/// number of readers.
/// </summary>
internal sealed class TimeIndex
{
    public const int EntrySize = 12;

    private (long Timestamp, int RelativeOffset)[] _entries = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Does nothing unless the timestamp is greater than every one before it.</summary>
    public void Append(long timestamp, int relativeOffset)
    {
        if (_count > 0 && timestamp <= _entries[_count - 1].Timestamp) return;
        if (_count == _entries.Length)
        {
            var larger = new (long, int)[Math.Max(_count * 2, 16)];
            _entries.AsSpan(0, _count).CopyTo(larger);
            Volatile.Write(ref _entries, larger);
        }

        // Written before the count says so, and never again: a reader sees whole entries only.
        _entries[_count] = (timestamp, relativeOffset);
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>An offset at or before which every timestamp is less than this one; -1 where there is none.</summary>
    public int LastOffsetBefore(long timestamp)
    {
        var count = Volatile.Read(ref _count);
        var entries = Volatile.Read(ref _entries).AsSpan(0, count);
        int low = 0, high = count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].Timestamp < timestamp) low = middle + 1;
            else high = middle;
        }

        return low == 0 ? -1 : entries[low - 1].RelativeOffset;
    }

    /// <summary>Whether it begins with the entries of another one.</summary>
    public bool StartsWith(TimeIndex other) => _entries.AsSpan(0, _count).StartsWith(other._entries.AsSpan(0, other._count));

    /// <summary>Writes so many entries as they stand in the file.</summary>
    public void Write(PooledBuffer target, int count)
    {
        var bytes = target.GetSpan(count * EntrySize);
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes[(i * EntrySize)..], _entries[i].Timestamp);
            BinaryPrimitives.WriteInt32BigEndian(bytes[((i * EntrySize) + sizeof(long))..], _entries[i].RelativeOffset);
        }

        target.Advance(count * EntrySize);
    }

    public static TimeIndex FromBytes(ReadOnlySpan<byte> bytes)
    {
        var index = new TimeIndex { _entries = new (long, int)[bytes.Length / EntrySize] };
        for (var i = 0; i < index._entries.Length; i++)
        {
            var entry = bytes[(i * EntrySize)..];
            index._entries[i] = (BinaryPrimitives.ReadInt64BigEndian(entry), BinaryPrimitives.ReadInt32BigEndian(entry[sizeof(long)..]));
        }

        index._count = index._entries.Length;
        return index;
    }
}
