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
        lock (_gate) _open.Add(file);
        CloseIdle(limit, file);
    }

    /// <summary>Whether one more file can be opened and stay so: false where nearly all wait for a sync, since those cannot be closed.</summary>
    public bool TryMakeRoom()
    {
        if (Count < limit) return true;
        CloseIdle(limit - 1, null);
        return Count < limit;
    }

    public void Closed(SegmentFile file)
    {
        lock (_gate) _open.Remove(file);
    }

    private void CloseIdle(int most, SegmentFile? but)
    {
        List<SegmentFile> idle;
        lock (_gate)
        {
            if (_open.Count <= most) return;

            // A tenth at once, so that the sort is paid for by many opens.
            idle = _open.Where(candidate => candidate != but && !candidate.IsDirty)
                .OrderBy(candidate => candidate.LastUsed).Take(Math.Max(limit / 10, 1)).ToList();
        }

        foreach (var candidate in idle) candidate.CloseIfIdle();
    }
}
