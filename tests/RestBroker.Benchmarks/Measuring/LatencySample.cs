namespace RestBroker.Benchmarks.Measuring;

/// <summary>Latencies of a slice. Not thread-safe.</summary>
internal sealed class LatencySample
{
    private readonly List<float> _seconds = [];

    public int Count => _seconds.Count;

    public void Clear() => _seconds.Clear();

    public void Add(TimeSpan latency) => _seconds.Add((float)latency.TotalSeconds);

    /// <summary>In seconds; 0 of nothing.</summary>
    public double Quantile(double q)
    {
        if (_seconds.Count == 0) return 0;
        _seconds.Sort();
        return _seconds[(int)(q * (_seconds.Count - 1))];
    }
}
