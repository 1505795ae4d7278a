using RestBroker.CrashTests.History;

namespace RestBroker.CrashTests.Tail;

/// <summary>Holds what readers of a whole topic got against what the topic holds.</summary>
internal static class TailVerdict
{
    /// <summary>Adds what readers missed, got twice or got in another order to the verdict on the log itself.</summary>
    public static Verdict Judge(Verdict log, IReadOnlyList<(int Partition, long Offset, string Value)> found, IEnumerable<IReadOnlyList<TailRecord>> readers)
    {
        var expected = found.Select(record => new TailRecord(record.Partition, record.Offset, record.Value)).ToLookup(record => record.Partition);
        foreach (var reader in readers)
        {
            var seen = reader.ToLookup(record => record.Partition);
            foreach (var partition in expected.Select(records => records.Key).Union(seen.Select(records => records.Key)))
            {
                var (theirs, ours) = (seen[partition].ToList(), expected[partition].ToList());
                var (missed, invented) = (ours.Except(theirs).Count(), theirs.Except(ours).Count());
                var repeated = theirs.Count - theirs.Distinct().Count();
                var isElsewhere = missed + invented + repeated == 0 && !theirs.SequenceEqual(ours);
                log += new Verdict(0, 0, missed, repeated, isElsewhere ? 1 : 0, 0, 0, 0, invented, 0, 0);
            }
        }

        return log;
    }
}
