using System.Globalization;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Producers;

namespace RestBroker.Storage.Recovery;

/// <summary>
/// Ends a compaction that was cut short: a copy that was not complete goes, and one that was takes the place of the segments whose
/// offsets its name tells.
/// </summary>
internal static class SwapRecovery
{
    private const int NumberSize = 20;
    private const int ReadChunk = 1024 * 1024;

    /// <summary>Returns what is there then.</summary>
    /// <param name="files">The disk.</param>
    /// <param name="directory">The log's.</param>
    /// <param name="quarantine">Takes a copy of a file before it goes for another reason than compaction.</param>
    public static LogDirectory Run(IFileStore files, string directory, Action<string> quarantine)
    {
        var paths = files.Files(directory);
        if (!paths.Any(IsOfCompaction)) return new LogDirectory(directory, paths);
        foreach (var path in paths.Where(path => path.EndsWith(CleanedSegment.Suffix, StringComparison.Ordinal))) files.Delete(path);
        foreach (var path in paths.Where(path => path.EndsWith(SegmentSwap.Suffix, StringComparison.Ordinal)))
        {
            if (RangeOf(path) is not var (from, to)) continue;
            var replaced = paths.Where(other => OffsetOf(other) is { } offset && offset >= from && offset < to).ToList();
            var last = Path.Combine(directory, $"{from:D20}.log");
            // As long as the first of the old files is there, all of them are: no damage of the new one costs anything.
            if (replaced.Contains(last) && !IsWhole(files, path, from, to))
            {
                quarantine(path);
                files.Delete(path);
                continue;
            }

            foreach (var old in replaced.OrderBy(old => old != last)) files.Delete(old);
            files.SyncDirectory(directory);
            files.Rename(path, last);
            files.SyncDirectory(directory);
        }

        return new LogDirectory(directory, files.Files(directory));
    }

    private static bool IsOfCompaction(string path) =>
        path.EndsWith(CleanedSegment.Suffix, StringComparison.Ordinal) || path.EndsWith(SegmentSwap.Suffix, StringComparison.Ordinal);

    private static (long From, long To)? RangeOf(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        if (name.Length != (2 * NumberSize) + 1 || name[NumberSize] != '-') return null;
        return Number(name[..NumberSize]) is { } from && Number(name[(NumberSize + 1)..]) is { } to ? (from, to) : null;
    }

    // Of a segment's file, or of one beside it. A snapshot of the producers is of the whole log up to its offset, and stays.
    private static long? OffsetOf(string path) =>
        !path.EndsWith(SnapshotFiles.Suffix, StringComparison.Ordinal) && Path.GetFileNameWithoutExtension(path) is { Length: NumberSize } name ? Number(name) : null;

    private static long? Number(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsWhole(IFileStore files, string path, long from, long to)
    {
        using var file = files.Open(path);
        using var window = new FileWindow(files, file, ReadChunk);
        var walk = new SegmentWalk(window, files.Length(file), to);
        walk.StartAt(0, from, int.MaxValue);
        WalkStep step;
        do step = walk.Next(whole: true);
        while (step == WalkStep.Batch);
        return step == WalkStep.End && walk.Position == files.Length(file);
    }
}
