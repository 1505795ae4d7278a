using System.Globalization;

namespace RestBroker.Benchmarks.Measuring;

/// <summary>Figures as people read them.</summary>
internal static class Figures
{
    public static string RecordsPerSecond(double rate) => $"{Scaled(rate)} rec/s";

    public static string RequestsPerSecond(double rate) => $"{Scaled(rate)} req/s";

    public static string EventsPerSecond(double rate) => $"{Scaled(rate)} events/s";

    public static string BytesPerSecond(double rate) =>
        rate >= 1e9 ? Invariant($"{rate / 1e9:0.00} GB/s") : Invariant($"{rate / 1e6:0} MB/s");

    public static string Duration(double seconds) => seconds switch
    {
        < 0.001 => Invariant($"{seconds * 1e6:0} us"),
        < 1 => Invariant($"{seconds * 1e3:0.00} ms"),
        _ => Invariant($"{seconds:0.00} s"),
    };

    public static string Bytes(double bytes) => bytes switch
    {
        >= 1 << 20 => Invariant($"{bytes / (1 << 20):0.0} MiB"),
        >= 10_000 => Invariant($"{bytes / 1024:0.0} KiB"),
        _ => Invariant($"{bytes:0} B"),
    };

    public static string Count(int count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    public static string Ratio(double ratio) => Invariant($"{ratio:0.00}");

    private static string Scaled(double rate) => rate switch
    {
        >= 1e6 => Invariant($"{rate / 1e6:0.00}M"),
        >= 1e4 => Invariant($"{rate / 1e3:0.0}k"),
        >= 1e3 => Invariant($"{rate / 1e3:0.00}k"),
        _ => Invariant($"{rate:0}"),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
