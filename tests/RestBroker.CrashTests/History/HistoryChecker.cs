namespace RestBroker.CrashTests.History;

/// <summary>
/// Remembers what writers were told and what readers saw, and holds it against what is there in the end. Every value is sent once and
/// by one writer, so a value that is found twice is a duplicate. Thread-safe.
/// </summary>
internal sealed class HistoryChecker
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Sending> _sent = [];
    private readonly Dictionary<(int Partition, long Offset), string> _told = [];
    private readonly Dictionary<(int Partition, long Offset), string> _seen = [];
    private readonly Dictionary<(string Reader, int Partition), long> _readers = [];
    private readonly Dictionary<string, int> _writers = [];
    private readonly Dictionary<int, long> _logStarts = [];
    private int _wentBack, _reused;

    /// <summary>A writer is about to send a value. Values of one writer are sent in the order of these calls.</summary>
    public void Sent(string writer, string value)
    {
        lock (_gate)
        {
            _writers[writer] = _writers.GetValueOrDefault(writer) + 1;
            _sent.Add(value, new Sending(writer, _writers[writer]));
        }
    }

    /// <summary>The broker has said where a value is, but not that it is safe.</summary>
    public void Told(string value, int partition, long offset)
    {
        lock (_gate) Place(_told, value, partition, offset);
    }

    /// <summary>The broker has said that a value is safe.</summary>
    public void Acked(string value, int partition, long offset)
    {
        lock (_gate)
        {
            Place(_told, value, partition, offset);
            _sent[value].Acked = (partition, offset);
        }
    }

    /// <summary>The broker has said that a value is not stored and will not be.</summary>
    public void Refused(string value)
    {
        lock (_gate) _sent.Remove(value); // found all the same, it is one that nobody sent
    }

    /// <summary>A reader of one session was given a record that no crash may take back.</summary>
    public void Seen(string reader, int partition, long offset, string value)
    {
        lock (_gate)
        {
            Place(_seen, value, partition, offset);
            if (_readers.TryGetValue((reader, partition), out var last) && offset <= last) _wentBack++;
            _readers[(reader, partition)] = offset;
        }
    }

    /// <summary>Everything below an offset was deleted on purpose.</summary>
    public void Forget(int partition, long logStartOffset)
    {
        lock (_gate) _logStarts[partition] = Math.Max(logStartOffset, _logStarts.GetValueOrDefault(partition));
    }

    /// <summary>What the broker said so far was safe against less than what is coming: acknowledged and seen records may go now.</summary>
    public void Excuse()
    {
        lock (_gate)
        {
            foreach (var sending in _sent.Values) (sending.Acked, sending.IsForgotten) = (null, true);
            _seen.Clear();
            _readers.Clear();
        }
    }

    /// <summary>Judges what all partitions hold now. May be asked as often as one likes.</summary>
    public Verdict Check(IEnumerable<(int Partition, long Offset, string Value)> found)
    {
        lock (_gate)
        {
            var there = new Dictionary<(int, long), string>();
            var counts = new Dictionary<string, int>();
            int invented = 0, reused = _reused;
            foreach (var (partition, offset, value) in found)
            {
                there[(partition, offset)] = value;
                counts[value] = counts.GetValueOrDefault(value) + 1;
                if (!_sent.ContainsKey(value)) invented++;
                if (_told.TryGetValue((partition, offset), out var told) && told != value) reused++;
            }

            var acked = _sent.Where(entry => entry.Value is { Acked: { } place, IsForgotten: false } && IsToBeThere(place)).ToList();
            return new Verdict(
                acked.Count,
                there.Count,
                Lost: acked.Count(entry => there.GetValueOrDefault(entry.Value.Acked!.Value) != entry.Key),
                Duplicated: counts.Values.Sum(count => count - 1),
                Reordered: CountReordered(there),
                _wentBack,
                Vanished: _seen.Count(entry => IsToBeThere(entry.Key) && there.GetValueOrDefault(entry.Key) != entry.Value),
                reused,
                invented,
                Unknown: _sent.Count(entry => entry.Value is { Acked: null, IsForgotten: false }),
                UnknownFound: _sent.Count(entry => entry.Value is { Acked: null, IsForgotten: false } && counts.ContainsKey(entry.Key)));
        }
    }

    private bool IsToBeThere((int Partition, long Offset) place) => place.Offset >= _logStarts.GetValueOrDefault(place.Partition);

    private void Place(Dictionary<(int, long), string> places, string value, int partition, long offset)
    {
        if (!places.TryAdd((partition, offset), value) && places[(partition, offset)] != value) _reused++;
    }

    // What one writer sent to one partition lies there in the order in which it was sent.
    private int CountReordered(Dictionary<(int Partition, long Offset), string> there)
    {
        var reordered = 0;
        var last = new Dictionary<(int, string), int>();
        foreach (var (place, value) in there.OrderBy(entry => entry.Key))
        {
            if (!_sent.TryGetValue(value, out var sending)) continue;
            var key = (place.Partition, sending.Writer);
            if (last.TryGetValue(key, out var before) && sending.Number <= before) reordered++;
            last[key] = sending.Number;
        }

        return reordered;
    }

    private sealed class Sending(string writer, int number)
    {
        public string Writer => writer;

        public int Number => number;

        public (int Partition, long Offset)? Acked { get; set; }

        public bool IsForgotten { get; set; }
    }
}
