namespace RestBroker.Benchmarks.Measuring;

/// <summary>A line of the table.</summary>
internal sealed record Row
{
    /// <summary>What was done.</summary>
    public required string Work { get; init; }

    /// <summary>What the broker reached.</summary>
    public required string Ours { get; init; }

    /// <summary>What it is beside, and what that reached in the same run.</summary>
    public required string Limit { get; init; }

    /// <summary>Ours over the limit: the median of pairs of slices.</summary>
    public required Spread Ratio { get; init; }

    /// <summary>CPU of the server for a unit of work, ours over the limit.</summary>
    public double? CpuRatio { get; init; }

    /// <summary>Bytes allocated by the broker for a record.</summary>
    public double? BytesPerRecord { get; init; }

    public required Goal Goal { get; init; }

    /// <summary>Whether a ratio below 1 is a good one.</summary>
    public bool IsLessBetter { get; init; }

    public bool IsMet => Goal.IsMet(Ratio.Median, CpuRatio);
}
