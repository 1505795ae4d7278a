namespace RestBroker.Tests.Storage;

/// <summary>What a compacted log has to hold, told by a list and by nothing that the log is made of.</summary>
internal sealed class CompactionModel
{
    private readonly List<Kept> _records = [];

    public IEnumerable<Entry> Entries => _records.Select(record => record.Entry);

    /// <summary>The last batch of each producer that lives: its first offset.</summary>
    public Dictionary<long, long> LastBatches { get; } = [];

    public void Append(IReadOnlyList<Entry> batch, long producerId)
    {
        _records.AddRange(batch.Select(entry => new Kept(entry, batch[0].Offset, producerId)));
        if (producerId >= 0) LastBatches[producerId] = batch[0].Offset;
    }

    public void Compact(long end, long now, long deleteRetention)
    {
        var last = new Dictionary<string, long>();
        foreach (var record in _records.Where(record => record.Entry.Offset < end)) last[record.Entry.Key!] = record.Entry.Offset;
        var pinned = new HashSet<string>();
        foreach (var record in _records.Where(record => record.Entry.Offset < end).ToList())
        {
            var isLast = record.Entry.Offset == last[record.Entry.Key!];
            if (MustStay(record))
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

    private bool MustStay(Kept record) => LastBatches.TryGetValue(record.ProducerId, out var last) && last == record.BatchOffset;

    private sealed class Kept(Entry entry, long batchOffset, long producerId)
    {
        public Entry Entry => entry;

        public long BatchOffset => batchOffset;

        public long ProducerId => producerId;

        public long Horizon { get; set; } = long.MaxValue;
    }
}
