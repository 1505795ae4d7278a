namespace RestBroker.Benchmarks.Measuring;

/// <summary>
/// Measures two sides by turns, A B B A and so on: the machine drifts by a factor of two within minutes, so only slices that lie next to
/// each other say anything, and only as a ratio. The figures that are shown are those of the pair in the middle, whose ratio is the row's.
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

    /// <summary>Whether less of the metric is better: times, bytes.</summary>
    public bool IsLessBetter { get; init; }

    /// <summary>Measures.</summary>
    public Row Run(string work, Goal goal)
    {
        Ours.Run(pace.WarmUp);
        Limit.Run(pace.WarmUp);
        List<(Slice Ours, Slice Limit)> pairs = [];
        for (var pair = 0; pair < pace.Pairs; pair++)
        {
            var isFirst = pair % 2 == 0;
            var first = (isFirst ? Ours : Limit).Run(pace.Slice);
            var second = (isFirst ? Limit : Ours).Run(pace.Slice);
            pairs.Add(isFirst ? (first, second) : (second, first));
        }

        return Row(work, goal, pairs);
    }

    private Row Row(string work, Goal goal, List<(Slice Ours, Slice Limit)> pairs)
    {
        var ratios = pairs.Select(pair => Metric(pair.Ours) / Metric(pair.Limit)).ToList();
        var spread = Spread.Of(ratios);
        var middle = pairs[ratios.IndexOf(ratios.MinBy(ratio => Math.Abs(ratio - spread.Median)))];
        var cpu = Spread.Of(pairs.Select(pair => pair.Ours.CpuPerUnit / pair.Limit.CpuPerUnit)).Median;
        var allocated = pairs.Where(pair => pair.Ours.BytesPerRecord is not null).Select(pair => pair.Ours.BytesPerRecord!.Value).ToList();
        return new Row
        {
            Work = work,
            Ours = Format(Metric(middle.Ours)),
            Limit = $"{Limit.Name} {Format(Metric(middle.Limit))}",
            Ratio = spread,
            CpuRatio = cpu > 0 ? cpu : null,
            BytesPerRecord = allocated.Count > 0 ? Spread.Of(allocated).Median : null,
            Goal = goal,
            IsLessBetter = IsLessBetter || goal.AtMost is not null,
        };
    }
}
