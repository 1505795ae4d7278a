namespace RestBroker.Tests.Storage;

/// <summary>What a compacted log has to hold, told by a list and by nothing that the log is made of.</summary>
internal sealed class CompactionModel
{
    private readonly List<Kept> _records = [];

    public IEnumerable<Entry> Entries => _records.Select(record => record.Entry);

    public void Append(IReadOnlyList<Entry> batch) => _records.AddRange(batch.Select(entry => new Kept(entry, batch[0].Offset)));

    /// <param name="whole">First offsets of the batches that are kept whole: the last of each producer that lives.</param>
    /// <param name="end">Records from here on are not compacted yet.</param>
    /// <param name="now">The broker's clock, in ms.</param>
    /// <param name="deleteRetention">How long a tombstone stays, in ms.</param>
    public void Compact(IReadOnlySet<long> whole, long end, long now, long deleteRetention)
    {
        var last = new Dictionary<string, long>();
        foreach (var record in _records.Where(record => record.Entry.Offset < end)) last[record.Entry.Key!] = record.Entry.Offset;
        var pinned = new HashSet<string>();
        foreach (var record in _records.Where(record => record.Entry.Offset < end).ToList())
        {
            var isLast = record.Entry.Offset == last[record.Entry.Key!];
            if (whole.Contains(record.BatchOffset))
            {
                if (!isLast) pinned.Add(record.Entry.Key!);
            }
            else if (!isLast || (record.Entry.Value is null && record.Horizon <= now && !pinned.Contains(record.Entry.Key!)))
            {
                _records.Remove(record);
            }
            else if (record.Entry.Value is null)
            {
                record.Horizon = Math.Min(record.Horizon, now + deleteRetention);
            }
        }
    }

    private sealed class Kept(Entry entry, long batchOffset)
    {
        public Entry Entry => entry;

        public long BatchOffset => batchOffset;

        public long Horizon { get; set; } = long.MaxValue;
    }
}
