namespace RestBroker.Benchmarks.Measuring;

/// <summary>How long is measured.</summary>
/// <param name="Slice">One side at a time for so long.</param>
/// <param name="Pairs">So many times each.</param>
/// <param name="IsFull">Whether the large sizes are measured too.</param>
internal sealed record Pace(TimeSpan Slice, int Pairs, bool IsFull)
{
    /// <summary>Before it counts: compiled code is made better while it runs.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Max(1, Slice.TotalSeconds));
}
