namespace RestBroker.Benchmarks.Measuring;

/// <summary>How long is measured.</summary>
/// <param name="Slice">One side at a time for so long.</param>
/// <param name="Pairs">So many times each.</param>
/// <param name="IsFull">Whether the large sizes are measured too.</param>
internal sealed record Pace(TimeSpan Slice, int Pairs, bool IsFull)
{
    private const double ShortestWarmUpSeconds = 0.75;
    private const double LongSliceSeconds = 2;
    private const double ShortMinutes = 0.5;
    private const double LongMinutes = 10;

    /// <summary>Before it counts: compiled code is made better while it runs.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Max(ShortestWarmUpSeconds, Slice.TotalSeconds));

    /// <summary>For what is synced once a second: each slice is to have its own syncs, and not those of the one before.</summary>
    public Pace OfSteadySyncs => this with { Slice = TimeSpan.FromSeconds(Math.Max(Slice.TotalSeconds, LongSliceSeconds)) };

    /// <summary>How long the sustained load lasts.</summary>
    public TimeSpan Sustained { get; init; } = TimeSpan.FromMinutes(IsFull ? LongMinutes : ShortMinutes);

    /// <summary>The most data that a full run fills a log with, in GiB.</summary>
    public int DataGibibytes { get; init; } = 10;
}
