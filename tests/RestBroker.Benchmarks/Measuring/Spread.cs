namespace RestBroker.Benchmarks.Measuring;

/// <summary>A median with its quartiles.</summary>
internal readonly record struct Spread(double Low, double Median, double High)
{
    public static Spread Of(IEnumerable<double> values)
    {
        var sorted = values.Where(double.IsFinite).Order().ToArray();
        return sorted.Length == 0 ? default : new Spread(At(sorted, 0.25), At(sorted, 0.5), At(sorted, 0.75));
    }

    // Between the two values that the place falls between.
    private static double At(double[] sorted, double q)
    {
        var place = q * (sorted.Length - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((place - below) * (sorted[above] - sorted[below]));
    }
}
