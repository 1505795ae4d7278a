using System.Globalization;

namespace RestBroker.Cli.Bench;

/// <summary>How long a run took and how long each of its requests did.</summary>
internal sealed class BenchResult(long records, long bytes, TimeSpan duration, IEnumerable<TimeSpan> latencies)
{
    private readonly TimeSpan[] _sorted = [.. latencies.Order()];

    public string Describe(string verb) => string.Create(CultureInfo.InvariantCulture,
        $"{verb} {records:N0} records in {duration.TotalSeconds:N2} s: {records / duration.TotalSeconds:N0} rec/s, {bytes / 1e6 / duration.TotalSeconds:N2} MB/s; {_sorted.Length:N0} requests, p50 {Percentile(50).TotalMilliseconds:N1} ms, p99 {Percentile(99).TotalMilliseconds:N1} ms");

    /// <summary>The smallest latency that so many percent of the requests did not exceed.</summary>
    public TimeSpan Percentile(int percent) =>
        _sorted.Length == 0 ? TimeSpan.Zero : _sorted[Math.Max(0, (int)Math.Ceiling(_sorted.Length * percent / 100.0) - 1)];
}
