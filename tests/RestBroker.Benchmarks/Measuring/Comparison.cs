namespace RestBroker.Benchmarks.Measuring;

/// <summary>
/// Measures two sides by turns, A B B A and so on: the machine drifts by a factor of two within minutes, so only slices that lie next to
/// each other say anything, and only as a ratio.
/// </summary>
/// <param name="pace">How long and how often.</param>
internal sealed class Comparison(Pace pace)
{
    public required Side Ours { get; init; }

    public required Side Limit { get; init; }

    /// <summary>What is compared; by default the rate.</summary>
    public Func<Slice, double> Metric { get; init; } = slice => slice.Rate;

    /// <summary>How the metric is printed.</summary>
    public Func<double, string> Format { get; init; } = Figures.RecordsPerSecond;

    /// <summary>Measures.</summary>
    public Row Run(string work, Goal goal)
    {
        Ours.Run(pace.WarmUp);
        Limit.Run(pace.WarmUp);
        List<Slice> ours = [], limit = [];
        for (var pair = 0; pair < pace.Pairs; pair++)
        {
            if (pair % 2 == 0) ours.Add(Ours.Run(pace.Slice));
            limit.Add(Limit.Run(pace.Slice));
            if (pair % 2 != 0) ours.Add(Ours.Run(pace.Slice));
        }

        var cpu = Spread.Of(ours.Zip(limit, (a, b) => a.CpuPerUnit / b.CpuPerUnit)).Median;
        return new Row
        {
            Work = work,
            Ours = Format(Spread.Of(ours.Select(Metric)).Median),
            Limit = $"{Limit.Name} {Format(Spread.Of(limit.Select(Metric)).Median)}",
            Ratio = Spread.Of(ours.Zip(limit, (a, b) => Metric(a) / Metric(b))),
            CpuRatio = cpu > 0 ? cpu : null,
            BytesPerRecord = ours[0].BytesPerRecord is null ? null : Spread.Of(ours.Select(slice => slice.BytesPerRecord!.Value)).Median,
            Goal = goal,
        };
    }
}
