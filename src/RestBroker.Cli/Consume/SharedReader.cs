using System.Runtime.InteropServices;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Consume;

/// <summary>
/// A member of a shared group: fetch, print, flush, accept. What is accepted was printed, so a crash repeats records and never loses one.
/// In manual mode nothing is accepted: the receipts are printed for somebody else to do that.
/// </summary>
internal sealed class SharedReader(
    GroupCalls calls, ReadingPace pace, RecordPrinter printer, RecordOutput output, Interruption interruption, bool isManual)
{
    // What is held here nobody else can work on.
    private const int PageLimit = 100;

    public async Task RunAsync()
    {
        try
        {
            while (!pace.IsDone)
            {
                using var page = await calls.FetchAsync(null, null, Math.Min(PageLimit, pace.Limit), pace.WaitSeconds, interruption.Stop);
                calls.Report(page.Gaps);
                var printed = Print(page.Records);
                output.Flush();
                pace.Saw(printed.Count);
                if (printed.Count > 0 && !isManual) await AcceptAsync(printed);
                interruption.Stop.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            // Gives back at once what was fetched and not printed. In manual mode somebody is at work on what this name holds.
            if (!isManual) await calls.LeaveAsync();
        }
    }

    private List<Ack> Print(List<FetchedRecord> records)
    {
        var printed = new List<Ack>(records.Count);
        foreach (ref readonly var record in CollectionsMarshal.AsSpan(records))
        {
            if (interruption.IsRequested) break;
            printer.Print(record);
            printed.Add(new Ack(record.ReceiptText, "accept"));
            if (output.IsLarge) output.Flush();
        }
        return printed;
    }

    private async Task AcceptAsync(List<Ack> printed)
    {
        var late = await calls.AcceptAsync(printed, interruption.Abandon);
        if (late > 0) calls.ReportLate(late);
    }
}
