using System.Text;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// A share partition as a record's value; integers are varints of seven bits a byte, texts are UTF-8 behind their length:
/// <code>
/// version = 1, end
/// holds: count, then (id int64 little-endian, member) each
/// runs: count, then (gap since the run before, length, state, deliveries, [acquired: number of the hold] [delayed: due in ms since 1970]) each
/// </code>
/// When a hold ends is not kept: a restart grants it its full time again.
/// </summary>
internal static class SharePartitionFormat
{
    private const byte Version = 1;

    /// <param name="partition">The state.</param>
    /// <param name="wallClock">From the monotonic clock to ms since 1970.</param>
    internal static byte[] Write(SharePartition partition, Func<TimeSpan, long> wallClock)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(Version);
        writer.Write7BitEncodedInt64(partition.End);
        var holds = partition.Records.Values.Select(record => record.Hold).OfType<ShareHold>().Distinct().ToList();
        writer.Write7BitEncodedInt(holds.Count);
        foreach (var hold in holds)
        {
            writer.Write(hold.Id);
            writer.Write(hold.Member);
        }

        var numbers = holds.Select((hold, i) => (hold, i)).ToDictionary(entry => entry.hold, entry => entry.i);
        var runs = Runs(partition);
        writer.Write7BitEncodedInt(runs.Count);
        var next = 0L;
        foreach (var (first, length, record) in runs)
        {
            writer.Write7BitEncodedInt64(first - next);
            writer.Write7BitEncodedInt(length);
            writer.Write((byte)record.State);
            writer.Write7BitEncodedInt(record.DeliveryCount);
            if (record.State == ShareRecordState.Acquired) writer.Write7BitEncodedInt(numbers[record.Hold!]);
            if (record.State == ShareRecordState.Delayed) writer.Write7BitEncodedInt64(wallClock(record.Due));
            next = first + length;
        }

        return bytes.ToArray();
    }

    /// <param name="value">What was written.</param>
    /// <param name="holdsEnd">When every hold ends, by the monotonic clock.</param>
    /// <param name="monotonicClock">From ms since 1970 to the monotonic clock.</param>
    /// <exception cref="InvalidDataException">The value is of a version that this broker does not know, or damaged.</exception>
    internal static SharePartition Read(byte[] value, TimeSpan holdsEnd, Func<long, TimeSpan> monotonicClock)
    {
        using var reader = new BinaryReader(new MemoryStream(value), Encoding.UTF8);
        try
        {
            if (reader.ReadByte() is var version and not Version)
                throw new InvalidDataException($"A share partition's state has version {version}; this broker reads version {Version}.");
            var end = reader.Read7BitEncodedInt64();
            var holds = Enumerable.Range(0, reader.Read7BitEncodedInt()).Select(_ => new ShareHold(reader.ReadInt64(), reader.ReadString())).ToList();
            return SharePartition.Load(end, ReadRuns(reader, holds, holdsEnd, monotonicClock));
        }
        catch (Exception e) when (e is EndOfStreamException or FormatException or ArgumentOutOfRangeException)
        {
            throw new InvalidDataException("A share partition's state is damaged.", e);
        }
    }

    private static IEnumerable<KeyValuePair<long, ShareRecord>> ReadRuns(
        BinaryReader reader, List<ShareHold> holds, TimeSpan holdsEnd, Func<long, TimeSpan> monotonicClock)
    {
        var count = reader.Read7BitEncodedInt();
        var offset = 0L;
        for (var i = 0; i < count; i++)
        {
            offset += reader.Read7BitEncodedInt64();
            var length = reader.Read7BitEncodedInt();
            var record = new ShareRecord((ShareRecordState)reader.ReadByte(), reader.Read7BitEncodedInt());
            if (record.State == ShareRecordState.Acquired) record = record with { Due = holdsEnd, Hold = holds[reader.Read7BitEncodedInt()] };
            if (record.State == ShareRecordState.Delayed) record = record with { Due = monotonicClock(reader.Read7BitEncodedInt64()) };
            for (var end = offset + length; offset < end; offset++) yield return new(offset, record);
        }
    }

    // Neighbours that differ in nothing but when their hold ends are one run.
    private static List<(long First, int Length, ShareRecord Record)> Runs(SharePartition partition)
    {
        var runs = new List<(long First, int Length, ShareRecord Record)>();
        foreach (var (offset, record) in partition.Records)
        {
            var written = record.State == ShareRecordState.Acquired ? record with { Due = default } : record;
            if (runs is [.., var last] && last.First + last.Length == offset && last.Record == written)
                runs[^1] = last with { Length = last.Length + 1 };
            else
                runs.Add((offset, 1, written));
        }

        return runs;
    }
}
