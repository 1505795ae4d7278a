using System.Buffers.Binary;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Keys;

/// <summary>
/// The keys of a segment on the disk: the first 64 bits of each key's hash and the last offset, sorted. A cache like the offset index; a
/// look-up reads one block of it. FORMAT.md has its fields. Immutable.
/// </summary>
internal sealed class KeyIndexFile
{
    public const string Suffix = ".keyindex";

    private const int Magic = 0x5242_5831; // "RBX1"
    private const int HeaderSize = 56;
    private const int EntrySize = 12;
    private const int BlockEntries = 1024;
    private const int BlockSize = BlockEntries * EntrySize;
    private const uint TombstoneFlag = 0x8000_0000;

    private readonly IFileStore _files;
    private readonly string _path;
    private readonly byte[] _header;
    private readonly ulong[] _firstHashes; // of each block

    private KeyIndexFile(IFileStore files, string path, byte[] header, ulong[] firstHashes, OffsetRange? damaged) =>
        (_files, _path, _header, _firstHashes, Damaged) = (files, path, header, firstHashes, damaged);

    /// <summary>From the first to the last offset of the segment that could not be read; null where all could.</summary>
    public OffsetRange? Damaged { get; }

    /// <summary>Writes the keys of a closed segment.</summary>
    public static void Write(string path, LogSegment segment, IReadOnlyDictionary<UInt128, KeyPlace> places, OffsetRange? damaged)
    {
        var files = segment.File.Files;
        var entries = new (ulong Hash, uint Place)[places.Count];
        var i = 0;
        foreach (var (hash, place) in places)
            entries[i++] = ((ulong)(hash >> 64), (uint)(place.Offset - segment.BaseOffset) | (place.IsTombstone ? TombstoneFlag : 0));
        Array.Sort(entries);

        using var file = files.Open(path);
        files.Truncate(file, 0);
        var crcs = new byte[4 * BlockCount(entries.Length)];
        for (var block = 0; block < BlockCount(entries.Length); block++)
        {
            var bytes = ToBytes(entries.AsSpan(block * BlockEntries, Math.Min(BlockEntries, entries.Length - (block * BlockEntries))));
            BinaryPrimitives.WriteUInt32BigEndian(crcs.AsSpan(block * 4), Crc32C.Compute(bytes));
            files.Write(file, bytes, HeaderSize + ((long)block * BlockSize));
        }

        // Last: without it the rest counts for nothing.
        files.Write(file, Header(segment, entries.Length, damaged, Crc32C.Compute(crcs)), 0);
    }

    /// <summary>The index of a segment as it is now; null where there is none that fits and is whole.</summary>
    public static KeyIndexFile? TryOpen(string path, LogSegment segment)
    {
        var files = segment.File.Files;
        if (!files.Exists(path)) return null;
        using var file = files.Open(path);
        var header = new byte[HeaderSize];
        if (files.Read(file, header, 0) < HeaderSize) return null;
        var count = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        var damaged = new OffsetRange(BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(32)), BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(40)));
        var crc = BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(48));
        if (count < 0 || !header.AsSpan().SequenceEqual(Header(segment, count, damaged, crc))) return null;
        if (files.Length(file) != HeaderSize + ((long)count * EntrySize)) return null;

        var (firstHashes, crcs, bytes) = (new ulong[BlockCount(count)], new byte[4 * BlockCount(count)], new byte[BlockSize]);
        for (var block = 0; block < firstHashes.Length; block++)
        {
            var size = files.Read(file, bytes, HeaderSize + ((long)block * BlockSize));
            BinaryPrimitives.WriteUInt32BigEndian(crcs.AsSpan(block * 4), Crc32C.Compute(bytes.AsSpan(0, size)));
            firstHashes[block] = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        }

        if (Crc32C.Compute(crcs) != crc) return null;
        return new KeyIndexFile(files, path, header, firstHashes, damaged == default ? null : damaged);
    }

    /// <summary>
    /// The records whose key may have this hash, the last one first; offsets are relative to the segment. Null where the file is no longer
    /// what it was.
    /// </summary>
    public List<KeyPlace>? Find(UInt128 hash)
    {
        if (!_files.Exists(_path)) return null;
        using var file = _files.Open(_path);
        var header = new byte[HeaderSize];
        if (_files.Read(file, header, 0) < HeaderSize || !header.AsSpan().SequenceEqual(_header)) return null;

        var count = BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(4));
        var wanted = (ulong)(hash >> 64);
        var found = new List<KeyPlace>();
        var block = Array.BinarySearch(_firstHashes, wanted);
        if (block < 0) block = Math.Max(~block - 1, 0);
        // Equal hashes may lie across the border of two blocks.
        while (block > 0 && _firstHashes[block] == wanted) block--;
        var bytes = new byte[BlockSize];
        for (; block < _firstHashes.Length && _firstHashes[block] <= wanted; block++)
        {
            var size = Math.Min(BlockEntries, count - (block * BlockEntries)) * EntrySize;
            if (_files.Read(file, bytes.AsSpan(0, size), HeaderSize + ((long)block * BlockSize)) < size) return null;
            for (var entry = bytes.AsSpan(0, size); entry.Length >= EntrySize; entry = entry[EntrySize..])
            {
                if (BinaryPrimitives.ReadUInt64BigEndian(entry) != wanted) continue;
                var place = BinaryPrimitives.ReadUInt32BigEndian(entry[8..]);
                found.Add(new KeyPlace(place & ~TombstoneFlag, (place & TombstoneFlag) != 0));
            }
        }

        found.Sort((a, b) => b.Offset.CompareTo(a.Offset));
        return found;
    }

    private static int BlockCount(int count) => (count + BlockEntries - 1) / BlockEntries;

    private static byte[] ToBytes(ReadOnlySpan<(ulong Hash, uint Place)> entries)
    {
        var bytes = new byte[entries.Length * EntrySize];
        for (var i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(i * EntrySize), entries[i].Hash);
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan((i * EntrySize) + 8), entries[i].Place);
        }

        return bytes;
    }

    private static byte[] Header(LogSegment segment, int count, OffsetRange? damaged, uint crc)
    {
        var bytes = new byte[HeaderSize];
        BinaryPrimitives.WriteInt32BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), count);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), segment.BaseOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(16), segment.Size);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(24), segment.NextOffset);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(32), damaged?.From ?? 0);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(40), damaged?.To ?? 0);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(48), crc);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(52), Crc32C.Compute(bytes.AsSpan(0, 52)));
        return bytes;
    }
}
