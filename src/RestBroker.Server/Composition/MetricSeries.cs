using System.Globalization;
using System.Text;

namespace RestBroker.Server.Composition;

/// <summary>One line of a metric, or, of a histogram, its lines. Thread-safe.</summary>
internal sealed class MetricSeries(bool isHistogram)
{
    private static readonly double[] Bounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock _gate = new();
    private readonly long[] _counts = isHistogram ? new long[Bounds.Length + 1] : [];
    private double _sum;

    /// <summary>Adds a measurement; an absolute one takes the place of the one before.</summary>
    public void Add(double value, bool isAbsolute)
    {
        lock (_gate)
        {
            _sum = isAbsolute ? value : _sum + value;
            if (isHistogram) _counts[Array.FindIndex(Bounds, bound => value <= bound) is >= 0 and var i ? i : Bounds.Length]++;
        }
    }

    /// <summary>Series of one name and the same labels, told by several instruments, are one.</summary>
    public static MetricSeries Sum(IEnumerable<MetricSeries> parts)
    {
        MetricSeries? sum = null;
        foreach (var part in parts)
        {
            sum ??= new MetricSeries(part._counts.Length > 0);
            lock (part._gate)
            {
                sum._sum += part._sum;
                for (var i = 0; i < Math.Min(sum._counts.Length, part._counts.Length); i++) sum._counts[i] += part._counts[i];
            }
        }

        return sum!;
    }

    public void Write(StringBuilder text, string name, string labels)
    {
        if (!isHistogram)
        {
            Line(text, name, labels, _sum);
            return;
        }

        long count = 0;
        var before = labels.Length > 0 ? labels + "," : "";
        for (var i = 0; i < _counts.Length; i++)
        {
            count += _counts[i];
            var bound = i < Bounds.Length ? Bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            Line(text, name + "_bucket", $"{before}le=\"{bound}\"", count);
        }

        Line(text, name + "_sum", labels, _sum);
        Line(text, name + "_count", labels, count);
    }

    private static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0) text.Append('{').Append(labels).Append('}');
        text.Append(CultureInfo.InvariantCulture, $" {value:R}\n");
    }
}
