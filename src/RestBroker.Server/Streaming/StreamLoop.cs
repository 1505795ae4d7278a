using RestBroker.Core.Errors;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Runs an endless read: gives out what there is, says so at the end of the log, sends a heartbeat at its time and says goodbye. What lies
/// behind the end is read from the log; at the end a hub reads for all. It has neither a thread nor a timer of its own, and while nothing
/// happens it waits in one place and holds little. Owns its parts.
/// </summary>
internal sealed class StreamLoop(ReadSession session, IStreamDress dress, StreamOutput output, StreamPulse pulse) : IDisposable
{
    private bool _saidUpToDate;
    private TailReader? _tail;

    /// <summary>What is said before anything is read.</summary>
    public IReadOnlyList<ReadNotice> Opening { get; init; } = [];

    /// <summary>Runs to the end; the session has made its first step.</summary>
    public async Task RunAsync(TailHubs hubs, ReadLifetime lifetime)
    {
        var end = await OpenAsync();
        while (end is null)
        {
            if (!lifetime.IsStopping) await SayWhereItStandsAsync();
            if (lifetime.IsStopping)
            {
                end = StreamEnd.ShuttingDown;
            }
            else if (_tail is not null)
            {
                await _tail.WaitAsync();
                lifetime.Aborted.ThrowIfCancellationRequested();
                end = await FollowAsync(_tail, lifetime);
            }
            else
            {
                end = session.IsUpToDate ? await SitAsync(hubs, lifetime) : await StepAsync(lifetime);
            }
        }

        dress.Bye(end.Value.Reason, end.Value.Reconnect);
        await output.FlushAsync();
    }

    /// <summary>One step of its own: reads from the log and gives out what it found.</summary>
    public async ValueTask<StreamEnd?> StepAsync(ReadLifetime lifetime) =>
        await session.FetchAsync(TimeSpan.Zero, lifetime) ? await DrainAsync() : StreamEnd.ShuttingDown;

    public void Dispose()
    {
        Leave();
        pulse.Dispose();
        dress.Dispose();
        output.Dispose();
        session.Dispose();
    }

    private async ValueTask<StreamEnd?> OpenAsync()
    {
        dress.Open();
        foreach (var notice in Opening)
        {
            if (Say(notice) is { } end) return end;
        }

        Beat();
        await output.FlushAsync();
        return await DrainAsync();
    }

    // Says that the end is reached, if that is news, and that it lives, if it is time; sends what was written.
    private async ValueTask SayWhereItStandsAsync()
    {
        if (session.IsUpToDate && !_saidUpToDate) dress.UpToDate();
        _saidUpToDate = session.IsUpToDate;
        if (pulse.IsDue) Beat();
        await output.FlushAsync();
    }

    // At the end of the log it takes its place at the hub.
    private async ValueTask<StreamEnd?> SitAsync(TailHubs hubs, ReadLifetime lifetime)
    {
        _tail = new TailReader(this, session, output, hubs.Sit(session, dress.Form, pulse.Signal));
        var (end, isThere) = await _tail.ReachAsync(lifetime);
        if (isThere)
        {
            session.Rest();
            return await FollowAsync(_tail, lifetime);
        }

        Leave();
        return end ?? await WaitAsync(lifetime);
    }

    // Sends what has come; leaves the hub at the end and where it is to read on from the log.
    private async ValueTask<StreamEnd?> FollowAsync(TailReader tail, ReadLifetime lifetime)
    {
        var end = await tail.FollowAsync(lifetime);
        if (end is null && !tail.IsLost) return null;
        Leave();
        return end ?? await StepAsync(lifetime);
    }

    private void Leave()
    {
        _tail?.Dispose();
        _tail = null;
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
