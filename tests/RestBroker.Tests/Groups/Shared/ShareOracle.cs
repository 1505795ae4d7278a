namespace RestBroker.Tests.Groups.Shared;

/// <summary>What a shared partition must do, written as plainly as can be: an array of records, and time in whole seconds.</summary>
internal sealed class ShareOracle(int maxDeliveries)
{
    internal enum Is
    {
        New,
        Available,
        Held,
        Delayed,
        Rejected,
        Exhausted,
        Done,
    }

    internal sealed class Entry
    {
        public Is State { get; set; }

        public int Count { get; set; }

        public int Due { get; set; }

        public long Hold { get; set; }

        public string Member { get; set; } = "";
    }

    internal List<Entry> Entries { get; } = [];

    internal int Now { get; private set; }

    internal long Start => Entries.FindIndex(entry => entry.State != Is.Done) is var first and >= 0 ? Math.Min(first, End) : End;

    internal long End { get; private set; }

    internal void Append(int count)
    {
        for (var i = 0; i < count; i++) Entries.Add(new Entry());
    }

    internal void Pass(int seconds)
    {
        Now += seconds;
        foreach (var entry in Entries.Where(entry => entry.Due <= Now))
        {
            if (entry.State == Is.Held) Back(entry);
            else if (entry.State == Is.Delayed) entry.State = Is.Available;
        }
    }

    internal IReadOnlyList<long> Takeable(int count)
    {
        var back = Indices(entry => entry.State == Is.Available);
        var fresh = Indices(entry => entry.State == Is.New);
        return [.. back.Concat(fresh).Take(count)];
    }

    internal void Take(IEnumerable<long> offsets, long hold, string member, int until)
    {
        foreach (var offset in offsets)
        {
            var entry = Entries[(int)offset];
            (entry.State, entry.Hold, entry.Member, entry.Due) = (Is.Held, hold, member, until);
            entry.Count++;
            End = Math.Max(End, offset + 1);
        }
    }

    internal bool Holds(long offset, long hold) => Entries[(int)offset] is { State: Is.Held } entry && entry.Hold == hold;

    internal void Settle(long offset, Is state) => Entries[(int)offset].State = state;

    internal void Renew(long offset, int until) => Entries[(int)offset].Due = until;

    internal void Release(long offset, int delay)
    {
        var entry = Entries[(int)offset];
        Back(entry);
        if (delay > 0 && entry.State == Is.Available) (entry.State, entry.Due) = (Is.Delayed, Now + delay);
    }

    internal void Leave(string member)
    {
        foreach (var entry in Entries.Where(entry => entry.State == Is.Held && entry.Member == member)) Back(entry);
    }

    internal void Undo(long hold)
    {
        foreach (var entry in Entries.Where(entry => entry.State == Is.Held && entry.Hold == hold))
        {
            entry.State = Is.Available;
            entry.Count--;
        }
    }

    internal void Restart(int holdsEnd)
    {
        foreach (var entry in Entries.Where(entry => entry.State == Is.Held)) entry.Due = holdsEnd;
    }

    internal void Trim(long logStart)
    {
        foreach (var entry in Entries.Take((int)logStart)) entry.State = Is.Done;
        End = Math.Max(End, logStart);
    }

    private void Back(Entry entry) => entry.State = entry.Count >= maxDeliveries ? Is.Exhausted : Is.Available;

    private IEnumerable<long> Indices(Func<Entry, bool> which) =>
        Entries.Select((entry, i) => (entry, i)).Where(pair => which(pair.entry)).Select(pair => (long)pair.i);
}
