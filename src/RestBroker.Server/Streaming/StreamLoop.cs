using RestBroker.Core.Errors;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Runs an endless read: gives out what there is, says so at the end of the log, sends a heartbeat at its time and says goodbye. What lies
/// behind the end is read from the log; at the end a hub reads for all. It has neither a thread nor a timer of its own.
/// </summary>
internal sealed class StreamLoop(ReadSession session, IStreamDress dress, StreamOutput output, StreamPulse pulse)
{
    private bool _saidUpToDate;

    /// <summary>Runs to the end; the session has made its first step.</summary>
    public async Task RunAsync(IEnumerable<ReadNotice> opening, TailHubs hubs, ReadLifetime lifetime)
    {
        dress.Open();
        StreamEnd? end = null;
        foreach (var notice in opening) end ??= Say(notice);
        if (end is null)
        {
            Beat();
            await output.FlushAsync();
            end = await DrainAsync();
        }

        while (end is null)
        {
            await SayWhereItStandsAsync();
            if (lifetime.IsStopping) end = StreamEnd.ShuttingDown;
            else if (session.IsUpToDate) end = await TailAsync(hubs, lifetime);
            else end = await StepAsync(lifetime);
        }

        dress.Bye(end.Value.Reason, end.Value.Reconnect);
        await output.FlushAsync();
    }

    /// <summary>One step of its own: reads from the log and gives out what it found.</summary>
    public async ValueTask<StreamEnd?> StepAsync(ReadLifetime lifetime) =>
        await session.FetchAsync(TimeSpan.Zero, lifetime) ? await DrainAsync() : StreamEnd.ShuttingDown;

    /// <summary>Says that the end is reached, if that is news, and that it lives, if it is time; sends what was written.</summary>
    public async ValueTask SayWhereItStandsAsync()
    {
        if (session.IsUpToDate && !_saidUpToDate) dress.UpToDate();
        _saidUpToDate = session.IsUpToDate;
        if (pulse.IsDue) Beat();
        await output.FlushAsync();
    }

    // At the end of the log; null when there is to be read on from the log.
    private async ValueTask<StreamEnd?> TailAsync(TailHubs hubs, ReadLifetime lifetime)
    {
        using var tail = new TailReader(this, session, output, hubs.Sit(session, dress.Form, pulse.Signal));
        var (end, isThere) = await tail.ReachAsync(lifetime);
        if (end is not null) return end;
        if (!isThere) return await WaitAsync(lifetime);
        return await tail.FollowAsync(lifetime) ?? await StepAsync(lifetime);
    }

    // Where the hub cannot be reached the stream waits by itself.
    private async ValueTask<StreamEnd?> WaitAsync(ReadLifetime lifetime)
    {
        using var wait = pulse.WaitElsewhere(lifetime);
        if (await session.FetchAsync(wait.MaxWait, wait.Lifetime)) return await DrainAsync();
        return lifetime.IsStopping ? StreamEnd.ShuttingDown : null;
    }

    // Gives out the step; its end where that is the stream's.
    private async ValueTask<StreamEnd?> DrainAsync()
    {
        while (session.TryRead(out var item))
        {
            if (item.Notice is null) dress.Record(item);
            else if (Say(item.Notice) is { } end) return end;
            if (output.IsLarge) await output.FlushAsync();
        }

        if (session.IsFull) return StreamEnd.Limit;
        return session.IsOver ? StreamEnd.Until : null;
    }

    private StreamEnd? Say(ReadNotice notice)
    {
        dress.Notice(notice);
        if (notice.Problem is null) return null;
        var row = BrokerErrors.Of(notice.Problem.Error);
        return new StreamEnd(row.Code, row.Retriable);
    }

    private void Beat()
    {
        pulse.Beat();
        dress.Heartbeat();
    }
}
