using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups.Shared;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Runs the event stream of a shared group's member: records come with their receipts as long as the member does not hold too many. Where
/// the group stands is the group's business: the ids carry no position, and a reconnect goes on with whatever is there.
/// </summary>
internal sealed class SharedStream(
    ILogEngine engine, ShareCoordinator coordinator, StreamOutput output, ReadWishes wishes, StreamClocks clocks)
{
    // What one stream holds nobody else can work on; whoever acknowledges gets more at once.
    private const int MaxHeld = 100;

    private long _lastHeartbeat;
    private long _delivered;
    private bool _saidUpToDate;

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(string group, int epoch, string member, string requestId, ReadLifetime lifetime)
    {
        using var nothing = new ReadSession(engine, wishes.GroupStream([], 0));
        using var dress = new EventDress(output.Buffer, nothing, wishes.Shape, clocks.Time, requestId) { Epoch = epoch };
        dress.Open();
        (string Reason, bool Reconnect)? end = null;
        try
        {
            while (end is null) end = await StepAsync(dress, group, member, lifetime);
        }
        catch (BrokerException refusal)
        {
            dress.Notice(ReadNotice.Of(refusal));
            end = (BrokerErrors.Of(refusal.Error).Code, BrokerErrors.Of(refusal.Error).Retriable);
        }

        dress.Bye(end.Value.Reason, end.Value.Reconnect);
        await output.FlushAsync();
    }

    private async Task<(string Reason, bool Reconnect)?> StepAsync(EventDress dress, string group, string member, ReadLifetime lifetime)
    {
        var (held, settled) = coordinator.HeldBy(group, member);
        var room = (int)Math.Min(MaxHeld - held, wishes.StreamLimit - _delivered);
        // Where it stands is said before anything is waited for.
        var left = UntilHeartbeat();
        if (room <= 0) await IdleAsync(lifetime, settled);
        else await GiveAsync(dress, group, new ShareFetch(member, room, wishes.PageBytes, _saidUpToDate ? left : TimeSpan.Zero), lifetime);
        if (lifetime.IsStopping) return ("shutting-down", true);
        if (_delivered >= wishes.StreamLimit) return ("limit", false);
        if (UntilHeartbeat() == TimeSpan.Zero) Beat(dress);
        await output.FlushAsync();
        return null;
    }

    private async Task GiveAsync(EventDress dress, string group, ShareFetch fetch, ReadLifetime lifetime)
    {
        var check = coordinator.CheckWithin(group);
        using var wait = new StreamWait(clocks, fetch.Wait < check ? fetch.Wait : check, lifetime);
        var batch = await coordinator.FetchAsync(group, fetch with { Wait = wait.MaxWait }, wait.Lifetime.Stopping, lifetime.Aborted);
        var isSent = false;
        try
        {
            dress.Lag = batch.Lag;
            if (_lastHeartbeat == 0) Beat(dress);
            foreach (var (partition, from, to, isTrimmed) in batch.Gaps)
            {
                dress.Notice(new ReadNotice(ReadNoticeKind.Gap)
                {
                    Topic = partition.Topic,
                    Partition = partition.Partition,
                    From = from,
                    To = to,
                    Reason = isTrimmed ? ReadNotice.Trimmed : ReadNotice.Corrupt,
                });
            }

            foreach (var record in batch.Records) dress.Record(record);
            var isUpToDate = batch.IsUpToDate && batch.Records.Count == 0;
            if (isUpToDate && !_saidUpToDate) dress.UpToDate();
            _saidUpToDate = isUpToDate;
            await output.FlushAsync();
            _delivered += batch.Records.Count;
            isSent = true;
        }
        finally
        {
            if (!isSent) await coordinator.UndoAsync(group, batch);
        }
    }

    private async Task IdleAsync(ReadLifetime lifetime, CancellationToken settled)
    {
        using var wait = new StreamWait(clocks, UntilHeartbeat(), lifetime, settled);
        await wait.IdleAsync();
    }

    private void Beat(EventDress dress)
    {
        _lastHeartbeat = clocks.Time.GetTimestamp();
        dress.Heartbeat();
    }

    private TimeSpan UntilHeartbeat() => clocks.UntilHeartbeat(_lastHeartbeat);
}
