using System.Runtime.InteropServices;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Consume;

/// <summary>A member of a group: fetch, print, flush, commit. What is committed was printed, so a crash repeats records and never loses one.</summary>
internal sealed class GroupReader(GroupCalls calls, ReadingPace pace, RecordPrinter printer, RecordOutput output, Interruption interruption)
{
    /// <summary>Small enough to be printed within any reasonable lease.</summary>
    public const int PageLimit = 1_000;

    private readonly PrintedPositions _unconfirmed = new();
    private LeaseIdentity? _lease;
    private string? _committed;

    public async Task RunAsync()
    {
        await calls.JoinAsync(interruption.Stop);
        try
        {
            while (!pace.IsDone)
            {
                using var page = await FetchAsync();
                if (page is not null) await ReadAsync(page);
                interruption.Stop.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await calls.LeaveAsync();
        }
    }

    private async Task<FetchPage?> FetchAsync()
    {
        try
        {
            // A new lease does not wait: where "latest" is must be known, and committed, before the first record comes.
            var wait = _lease is null ? 0 : pace.WaitSeconds;
            var page = await calls.FetchAsync(_lease, pace.Limit, wait, interruption.Stop);
            _lease = page.Lease ?? _lease;
            return page;
        }
        catch (ApiException e) when (e.Problem.Code == "lease-fenced")
        {
            _lease = null;
            return null;
        }
    }

    private async Task ReadAsync(FetchPage page)
    {
        calls.Report(page.Gaps);
        var count = Print(page.Records, out var wasCut);
        if (count > 0) output.Flush();
        pace.Saw(count);
        // A page without records is committed too: it settles where "latest" is, which every new lease would ask again.
        if (wasCut) await CommitAsync(null, _unconfirmed.ToOffsets());
        else if (page.Cursor != _committed) await CommitAsync(page.Cursor, null);
    }

    private int Print(List<FetchedRecord> records, out bool wasCut)
    {
        var count = 0;
        wasCut = false;
        foreach (ref readonly var record in CollectionsMarshal.AsSpan(records))
        {
            if (_unconfirmed.Contains(record)) continue;
            if (wasCut = interruption.IsRequested) break;
            printer.Print(record);
            _unconfirmed.Add(record);
            count++;
            if (output.IsLarge) output.Flush();
        }
        return count;
    }

    private async Task CommitAsync(string? cursor, IReadOnlyList<PartitionOffset>? offsets)
    {
        if (_lease is null || offsets is { Count: 0 }) return;
        try
        {
            _unconfirmed.Confirm(await calls.CommitAsync(_lease, cursor, offsets, interruption.Abandon));
            _committed = cursor;
        }
        catch (ApiException e) when (e.Problem.Code == "lease-fenced")
        {
            await CommitWhatIsLeftAsync(_lease, e.Problem.Cursor);
            _lease = null;
        }
    }

    private async Task CommitWhatIsLeftAsync(LeaseIdentity lease, string? cursor)
    {
        if (cursor is null) return;
        try
        {
            _unconfirmed.Confirm(await calls.CommitAsync(lease, cursor, null, interruption.Abandon));
        }
        catch (ApiException e) when (e.Problem.Code == "lease-fenced")
        {
            // Another process has this member's name, or the lease ran out: the next fetch begins again at what is committed.
        }
    }
}
