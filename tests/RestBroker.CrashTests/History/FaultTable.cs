using System.Globalization;

namespace RestBroker.CrashTests.History;

/// <summary>A line for every kind of fault that was made; <c>tests/run.sh</c> prints them as a table.</summary>
internal static class FaultTable
{
    private const string Heading = "fault\tN\tacked checked\tlost\tduplicated\treordered\tunknown\tseeds";

    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "artifacts", "faults.tsv");

    /// <summary>Notes what so many faults of a kind did. Reordered counts everything that was not in its place or went back.</summary>
    public static string Add(string fault, int count, Verdict verdict, string seeds)
    {
        var reordered = verdict.Reordered + verdict.WentBack + verdict.Reused;
        return Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{fault}\t{count}\t{verdict.Acked}\t{verdict.Lost + verdict.Vanished}\t{verdict.Duplicated + verdict.Invented}\t{reordered}\t{verdict.Unknown}\t{seeds}"));
    }

    /// <summary>Notes that so many random histories were as a model says: each was compared step by step, and the first difference fails the test.</summary>
    public static string Held(string model, int count, string seeds) =>
        Add(string.Create(CultureInfo.InvariantCulture, $"{model}\t{count}\t-\t0\t0\t0\t-\t{seeds}"));

    private static string Add(string line)
    {
        lock (Heading)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            if (!File.Exists(Path)) File.WriteAllText(Path, Heading + "\n");
            File.AppendAllText(Path, line + "\n");
        }

        return line;
    }
}
