namespace RestBroker.Benchmarks.Measuring;

/// <summary>What was measured of one side for a moment.</summary>
internal readonly record struct Slice
{
    /// <summary>Units of work: records, bytes, events.</summary>
    public required double Units { get; init; }

    /// <summary>How long it took.</summary>
    public required double Seconds { get; init; }

    /// <summary>User and system time of the server's process.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>The median latency in seconds.</summary>
    public double Median { get; init; }

    /// <summary>The latency that one in a hundred exceeds, in seconds.</summary>
    public double P99 { get; init; }

    /// <summary>The longest latency, in seconds.</summary>
    public double Slowest { get; init; }

    /// <summary>Bytes that the server allocated on its managed heap for a record; null where nobody asked.</summary>
    public double? BytesPerRecord { get; init; }

    public double Rate => Units / Seconds;

    public double CpuPerUnit => CpuSeconds / Units;
}

/// <summary>Something that can be measured for so long.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Run">Measures a slice.</param>
internal sealed record Side(string Name, Func<TimeSpan, Slice> Run);
