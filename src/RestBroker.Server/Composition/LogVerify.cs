using RestBroker.Storage.Inspection;

namespace RestBroker.Server.Composition;

/// <summary><c>log verify</c>: a line for each partition, and what is wrong below it.</summary>
internal static class LogVerify
{
    public static int Run(string directory, TextWriter output)
    {
        using var broker = StoppedBroker.Open(directory);
        if (!broker.WasClosedInOrder)
            output.WriteLine("The last broker did not end in order: the next start recovers what it left.");
        foreach (var note in broker.Notes) output.WriteLine(note);

        var width = broker.Partitions.Max(partition => partition.ToString().Length);
        var damagedCount = 0;
        foreach (var partition in broker.Partitions)
        {
            var report = broker.Verify(partition);
            if (!report.IsSound) damagedCount++;
            var verdict = report.IsSound ? "ok" : "damaged";
            output.WriteLine($"{partition.ToString().PadRight(width)}  {verdict,-7}  {report.Records} records  offsets {Offsets(report)}  {report.Bytes} bytes");
            foreach (var fault in report.Faults) output.WriteLine($"    {fault}");
        }

        output.WriteLine(damagedCount == 0
            ? $"{broker.Partitions.Count} partitions are sound."
            : $"{damagedCount} of {broker.Partitions.Count} partitions are damaged. 'log repair --dry-run' says what a start would do.");
        return damagedCount == 0 ? LogCommand.Sound : LogCommand.Damaged;
    }

    private static string Offsets(PartitionReport report) =>
        report.NextOffset > report.FirstOffset ? $"{report.FirstOffset}..{report.NextOffset - 1}" : $"none, next {report.NextOffset}";
}
