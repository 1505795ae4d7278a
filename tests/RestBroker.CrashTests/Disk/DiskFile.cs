namespace RestBroker.CrashTests.Disk;

/// <summary>A file's bytes as written, and as they are on the platters. Caller holds the disk's lock.</summary>
internal sealed class DiskFile
{
    private const int Sector = 512;

    private readonly HashSet<long> _unsynced = [];
    private byte[] _bytes = [];
    private byte[] _durable = [];
    private long _shortest;

    public long Length { get; private set; }

    public int Read(Span<byte> target, long position)
    {
        var count = (int)Math.Clamp(Length - position, 0, target.Length);
        if (count > 0) _bytes.AsSpan((int)position, count).CopyTo(target);
        return count;
    }

    public void Write(ReadOnlySpan<byte> source, long position)
    {
        if (source.IsEmpty) return;
        Resize(Math.Max(Length, position + source.Length));
        source.CopyTo(_bytes.AsSpan((int)position));
        for (var sector = position / Sector; sector <= (position + source.Length - 1) / Sector; sector++) _unsynced.Add(sector);
    }

    public void Truncate(long length)
    {
        if (length < Length) _bytes.AsSpan((int)length, (int)(Length - length)).Clear();
        Resize(length);
        _shortest = Math.Min(_shortest, length);
    }

    public void Sync()
    {
        _durable = _bytes[..(int)Length];
        _unsynced.Clear();
        _shortest = Length;
    }

    /// <summary>What the platters hold: of each unsynced sector the old bytes or the new, and of the lengths any that it had since.</summary>
    public DiskFile AfterPowerCut(Random random)
    {
        var length = random.Next(3) switch
        {
            0 => Math.Min(_durable.Length, Length),
            1 => Length,
            _ => random.NextInt64(Math.Min(Math.Min(_durable.Length, Length), _shortest), Math.Max(_durable.Length, Length) + 1),
        };
        // A file that was cut and whose cut was not synced may have its old length again, with the old bytes.
        var bytes = new byte[length];
        _durable.AsSpan(0, (int)Math.Min(length, _durable.Length)).CopyTo(bytes);
        var likelihood = random.Next(3) switch { 0 => 0.0, 1 => 1.0, _ => random.NextDouble() };
        foreach (var sector in _unsynced.Where(_ => random.NextDouble() < likelihood))
        {
            var from = (int)Math.Min(sector * Sector, length);
            var count = (int)Math.Min(Math.Min(Sector, length - from), Math.Max(Length - from, 0));
            if (count > 0) _bytes.AsSpan(from, count).CopyTo(bytes.AsSpan(from));
        }

        return new DiskFile { _bytes = bytes, _durable = bytes, Length = length, _shortest = length };
    }

    private void Resize(long length)
    {
        if (length > _bytes.Length) Array.Resize(ref _bytes, (int)Math.Max(length, _bytes.Length * 2L));
        Length = length;
    }
}
