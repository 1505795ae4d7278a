namespace RestBroker.Storage.Log;

/// <summary>The segments of a log in order of their offsets. Immutable: a reader keeps the one it took.</summary>
internal sealed class SegmentList(params LogSegment[] segments)
{
    public int Count => segments.Length;

    public LogSegment this[int index] => segments[index];

    public LogSegment? Last => segments.Length == 0 ? null : segments[^1];

    public ReadOnlySpan<LogSegment> All => segments;

    public long Size => segments.Sum(segment => segment.Size);

    public SegmentList Add(LogSegment segment) => new([.. segments, segment]);

    public SegmentList RemoveFirst(int count) => new(segments[count..]);

    public SegmentList Replace(IReadOnlyList<LogSegment> replaced, LogSegment by)
    {
        var first = Array.IndexOf(segments, replaced[0]);
        return new([.. segments[..first], by, .. segments[(first + replaced.Count)..]]);
    }

    /// <summary>Closes the files; whoever reads on opens them again.</summary>
    public void CloseFiles()
    {
        foreach (var segment in segments) segment.File.CloseHandle();
    }

    /// <summary>The index of the last segment that begins at or before an offset; the first where none does.</summary>
    public int Floor(long offset)
    {
        int low = 0, high = segments.Length;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (segments[middle].BaseOffset <= offset) low = middle + 1;
            else high = middle;
        }

        return Math.Max(low - 1, 0);
    }
}
