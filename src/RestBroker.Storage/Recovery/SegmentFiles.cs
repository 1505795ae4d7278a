using System.Globalization;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// The segment files of a log in order of their offsets, and what each can tell of those before it. A file's name was given when its
/// first record was, so damage in the file before ends there. Not thread-safe.
/// </summary>
internal sealed class SegmentFiles
{
    private const int BatchChunk = 64 * 1024;

    private readonly LogHost _host;
    private readonly string _directory;
    private readonly long[] _baseOffsets;
    private readonly bool?[] _readable;

    public SegmentFiles(LogHost host, LogDirectory directory)
    {
        (_host, _directory) = (host, directory.Path);
        _baseOffsets = [.. BaseOffsets(directory.Files).Order()];
        _readable = new bool?[_baseOffsets.Length];
    }

    public int Count => _baseOffsets.Length;

    public LogSegment Open(int index) => new(_directory, _baseOffsets[index], _host.Segments);

    /// <summary>Where the first later file begins that begins at an offset or behind it; the greatest number where none does.</summary>
    public long FirstAfter(int index, long offset)
    {
        for (index++; index < Count; index++)
        {
            if (_baseOffsets[index] >= offset) return _baseOffsets[index];
        }

        return long.MaxValue;
    }

    /// <summary>Where the first later file begins whose first batch is whole; the greatest number where there is none.</summary>
    public long FirstReadableAfter(int index)
    {
        for (index++; index < Count; index++)
        {
            if (_readable[index] ??= BeginsReadable(index)) return _baseOffsets[index];
        }

        return long.MaxValue;
    }

    /// <summary>Whether a later file has a seal that fits: logs are synced in order, so all before it was on the disk.</summary>
    public bool IsSealedAfter(int index)
    {
        for (index++; index < Count; index++)
        {
            var segment = Open(index);
            using var file = _host.Files.Open(segment.File.Path);
            if (segment.TryUnseal(_host.Files.Length(file), long.MaxValue) && segment.Size > 0) return true;
        }

        return false;
    }

    /// <summary>The base offsets that the names of segment files among these tell.</summary>
    public static IEnumerable<long> BaseOffsets(IReadOnlyList<string> paths) =>
        from path in paths
        where path.EndsWith(".log", StringComparison.Ordinal)
        let name = Path.GetFileNameWithoutExtension(path)
        where name.Length == 20 && long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)
        select long.Parse(name, CultureInfo.InvariantCulture);

    private bool BeginsReadable(int index)
    {
        var segment = Open(index);
        using var file = _host.Files.Open(segment.File.Path);
        using var window = new FileWindow(_host.Files, file, BatchChunk);
        return SegmentWalk.HasBatchAt(window, _host.Files.Length(file), segment.BaseOffset);
    }
}
