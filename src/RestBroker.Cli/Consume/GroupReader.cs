using System.Runtime.InteropServices;
using RestBroker.Cli.Client;
using RestBroker.Cli.Shell;

namespace RestBroker.Cli.Consume;

/// <summary>A member of a group: fetch, print, flush, commit. What is committed was printed, so a crash repeats records and never loses one.</summary>
internal sealed class GroupReader(GroupCalls calls, ReadingPace pace, RecordPrinter printer, RecordOutput output, Interruption interruption, bool isManual)
{
    /// <summary>Small enough to be printed within any reasonable lease.</summary>
    public const int PageLimit = 1_000;

    // Two processes with one name take the lease from each other; one of them has to give up.
    private const int MaxFences = 4;
    private static readonly TimeSpan FencePeriod = TimeSpan.FromMinutes(1);

    private readonly PrintedPositions _unconfirmed = new();
    private LeaseIdentity? _lease;
    private string? _committed;
    private string? _cursor;
    private int _fences;
    private long _lastFence;

    public async Task RunAsync()
    {
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
            // Without a lease there is nothing to leave; whoever has this name now would be thrown out.
            if (_lease is not null) await calls.LeaveAsync();
        }
    }

    private async Task<FetchPage?> FetchAsync()
    {
        try
        {
            // A new lease does not wait: where "latest" is must be known, and committed, before the first record comes.
            var wait = _lease is null ? 0 : pace.WaitSeconds;
            var page = await calls.FetchAsync(_lease, _cursor, pace.Limit, wait, interruption.Stop);
            _lease = page.Lease ?? _lease;
            // Nothing is committed, so that the next page must be asked for where this one ends.
            if (isManual) _cursor = page.Cursor;
            return page;
        }
        catch (ApiException e) when (IsFence(e))
        {
            (_lease, _cursor) = (null, null);
            if (!MayRejoin()) throw;
            return null;
        }
    }

    private async Task ReadAsync(FetchPage page)
    {
        calls.Report(page.Gaps);
        var count = Print(page.Records, out var wasCut);
        if (count > 0) output.Flush();
        pace.Saw(count);
        if (isManual) return;
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
        catch (ApiException e) when (IsFence(e))
        {
            if (!await CommitWhatIsLeftAsync(_lease, e.Problem.Cursor)) _lease = null;
        }
    }

    /// <summary>True: partitions were lost, the lease was not.</summary>
    private async Task<bool> CommitWhatIsLeftAsync(LeaseIdentity lease, string? cursor)
    {
        if (cursor is null) return false;
        try
        {
            _unconfirmed.Confirm(await calls.CommitAsync(lease, cursor, null, interruption.Abandon));
            return true;
        }
        catch (ApiException e) when (IsFence(e))
        {
            return false;
        }
    }

    private bool MayRejoin()
    {
        if (TimeProvider.System.GetElapsedTime(_lastFence) > FencePeriod) _fences = 0;
        _lastFence = TimeProvider.System.GetTimestamp();
        return ++_fences < MaxFences;
    }

    private static bool IsFence(ApiException refusal) => refusal.Problem.Code == "lease-fenced";
}
