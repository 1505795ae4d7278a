namespace RestBroker.Storage.Files;

/// <summary>Keeps the number of open segment files below a limit by closing those longest unused. Thread-safe.</summary>
internal sealed class OpenSegments(IFileStore files, int limit)
{
    private readonly Lock _gate = new();
    private readonly HashSet<SegmentFile> _open = [];

    public IFileStore Files => files;

    public int Count
    {
        get
        {
            lock (_gate) return _open.Count;
        }
    }

    public void Opened(SegmentFile file)
    {
        List<SegmentFile> idle;
        lock (_gate)
        {
            _open.Add(file);
            if (_open.Count <= limit) return;

            // A tenth at once, so that the sort is paid for by many opens.
            idle = _open.Where(candidate => candidate != file && !candidate.IsDirty)
                .OrderBy(candidate => candidate.LastUsed).Take(Math.Max(limit / 10, 1)).ToList();
            _open.ExceptWith(idle);
        }

        foreach (var candidate in idle) candidate.CloseHandle();
    }

    public void Closed(SegmentFile file)
    {
        lock (_gate) _open.Remove(file);
    }
}
