using System.Buffers;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Keys;

/// <summary>
/// Finds keys in one segment: in its index file, where there is one that fits, and for the rest in a table that is read from the segment
/// when it is first asked. Nobody pays for it who never asks. Thread-safe.
/// </summary>
internal sealed class SegmentKeys(LogSegment segment, string path)
{
    private readonly Lock _gate = new();
    private KeyIndexFile? _file;
    private KeyTable? _rest;

    /// <summary>The last record of a key in this segment. False where the segment's file is gone: take a new snapshot.</summary>
    /// <exception cref="Core.Errors.BrokerException">RecordCorrupt: the key's last record may be among what cannot be read.</exception>
    public bool TryFind(UInt128 hash, ReadOnlySpan<byte> key, out KeyPlace? place)
    {
        place = null;
        lock (_gate)
        {
            Open();
            if (!_rest!.TryCatchUp()) return false;
            if (!_rest.Places.ContainsKey(hash) && _file is not null)
            {
                if (_file.Find(hash) is { } candidates)
                {
                    if (!TryConfirm(candidates, key, ref place)) return false;
                }
                else
                {
                    // The file is gone or is another one: the segment itself tells.
                    (_file, _rest) = (null, new KeyTable(segment, 0, segment.BaseOffset));
                    if (!_rest.TryCatchUp()) return false;
                }
            }

            if (_rest.Places.TryGetValue(hash, out var found)) place = found;
            if ((_rest.Damaged ?? _file?.Damaged) is { } damaged && !(place?.Offset >= damaged.To)) throw KeyRefusal.MayBeDamaged(segment, damaged);
            return true;
        }
    }

    /// <summary>Writes the index of a closed segment, unless there is one; then the memory is given back. True where it was written.</summary>
    public bool Save()
    {
        lock (_gate)
        {
            Open();
            if (_rest is { IsWhole: false } rest && rest.Position == segment.Size) return false;
        }

        // Read without the lock: whoever looks up a key meanwhile does not wait for it.
        var keys = new KeyTable(segment, 0, segment.BaseOffset);
        if (!keys.TryCatchUp()) return false;
        lock (_gate)
        {
            KeyIndexFile.Write(path, segment, keys.Places, keys.Damaged);
            (_file, _rest) = (null, null);
            Open();
            return true;
        }
    }

    private void Open()
    {
        if (_rest is not null) return;
        _file = KeyIndexFile.TryOpen(path, segment);
        _rest = _file is null ? new KeyTable(segment, 0, segment.BaseOffset) : new KeyTable(segment, segment.Size, segment.NextOffset);
    }

    // Different keys may have the same 64 bits: the record tells.
    private bool TryConfirm(List<KeyPlace> candidates, ReadOnlySpan<byte> key, ref KeyPlace? place)
    {
        foreach (var candidate in candidates)
        {
            var offset = segment.BaseOffset + candidate.Offset;
            var slice = LogReader.Read(new SegmentList(segment), new ReadWish(offset, segment.NextOffset, 1));
            if (slice.IsStale) return false;
            if (slice.Corrupt is { } corrupt) throw KeyRefusal.MayBeDamaged(segment, corrupt);
            if (slice.Buffer is not { } buffer) continue;
            var isIt = HasKey(buffer.AsMemory(0, slice.Count), offset, key);
            ArrayPool<byte>.Shared.Return(buffer);
            if (!isIt) continue;
            place = candidate with { Offset = offset };
            return true;
        }

        return true;
    }

    private static bool HasKey(Memory<byte> batches, long offset, ReadOnlySpan<byte> key)
    {
        if (!RecordBatch.TryRead(batches, out var batch)) return false;
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
        {
            if (record.Offset == offset) return record.Key is { } its && its.Span.SequenceEqual(key);
        }

        return false;
    }
}
