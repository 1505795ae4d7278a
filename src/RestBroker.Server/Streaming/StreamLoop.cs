using RestBroker.Core.Errors;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Runs an endless read: gives out what there is, says so at the end of the log, sends a heartbeat at its time and says goodbye. What lies
/// behind the end is read from the log; at the end a hub reads for all. It has neither a thread nor a timer of its own, and while nothing
/// happens it waits in one place and holds little: its position is the hub's, and what it reads and writes with is let go. Owns its parts.
/// </summary>
internal sealed class StreamLoop(StreamRead read, TailHubs hubs, StreamOutput output, StreamPulse pulse) : IDisposable
{
    private StreamRead? _read = read;
    private TailReader? _tail;
    private bool _saidUpToDate;

    /// <summary>What is said before anything is read.</summary>
    public IReadOnlyList<ReadNotice> Opening { get; init; } = [];

    // At the hub there is none until something is to be said.
    private StreamRead Read => _read ??= _tail!.Read(pulse.Time);

    /// <summary>
    /// Does what there is to do: first what the read's first step has found, then what it was woken for. False at the stream's end; otherwise
    /// there is nothing to do until <see cref="WaitAsync()"/> returns.
    /// </summary>
    public async ValueTask<bool> AdvanceAsync(ReadLifetime lifetime)
    {
        lifetime.Aborted.ThrowIfCancellationRequested();
        var end = _tail is null ? await OpenAsync() : await FollowAsync(_tail, lifetime);
        while (end is null)
        {
            if (!lifetime.IsStopping) await SayWhereItStandsAsync();
            if (lifetime.IsStopping)
            {
                end = StreamEnd.ShuttingDown;
            }
            else if (_tail is not null)
            {
                LetGo();
                return true;
            }
            else
            {
                end = Read.Session.IsUpToDate ? await SitAsync(lifetime) : await StepAsync(lifetime);
            }
        }

        Read.Dress.Bye(end.Reason, end.Reconnect);
        await output.FlushAsync();
        return false;
    }

    /// <summary>Waits at the hub.</summary>
    public ValueTask WaitAsync() => _tail!.WaitAsync();

    /// <summary>One step of its own: reads from the log and gives out what it found.</summary>
    public async ValueTask<StreamEnd?> StepAsync(ReadLifetime lifetime) =>
        await Read.Session.FetchAsync(TimeSpan.Zero, lifetime) ? await DrainAsync() : StreamEnd.ShuttingDown;

    public void Dispose()
    {
        _tail?.Dispose();
        pulse.Dispose();
        LetGo();
        output.Dispose();
    }

    private async ValueTask<StreamEnd?> OpenAsync()
    {
        Read.Dress.Open();
        foreach (var notice in Opening)
        {
            if (Say(notice) is { } end) return end;
        }

        Beat();
        await output.FlushAsync();
        return await DrainAsync();
    }

    // Says that the end is reached, if that is news, and that it lives, if it is time; sends what was written.
    private ValueTask SayWhereItStandsAsync()
    {
        var isUpToDate = _tail?.IsUpToDate ?? Read.Session.IsUpToDate;
        if (isUpToDate && !_saidUpToDate) Read.Dress.UpToDate();
        _saidUpToDate = isUpToDate;
        if (pulse.IsDue) Beat();
        return output.FlushAsync();
    }

    // At the end of the log it takes its place at the hub.
    private async ValueTask<StreamEnd?> SitAsync(ReadLifetime lifetime)
    {
        var seat = hubs.Sit(Read.Session, Read.Dress.Form, pulse.Signal);
        try
        {
            var approach = new TailApproach(this, Read.Session, seat);
            if (await approach.ReachAsync(lifetime) is { } end) return end;
            if (approach.IsThere) _tail = new TailReader(Read.Session, seat, output);
        }
        finally
        {
            if (_tail is null) seat.Dispose();
        }

        if (_tail is null) return await WaitAtLogAsync(lifetime);
        LetGo();
        return await FollowAsync(_tail, lifetime);
    }

    // Sends what has come; leaves the hub at the end and where it is to read on from the log.
    private async ValueTask<StreamEnd?> FollowAsync(TailReader tail, ReadLifetime lifetime)
    {
        var end = await tail.FollowAsync(lifetime);
        if (end is null && !tail.IsLost) return null;
        _read ??= tail.Read(pulse.Time);
        _tail = null;
        tail.Dispose();
        return end ?? await StepAsync(lifetime);
    }

    private void LetGo()
    {
        _read?.Dispose();
        _read = null;
    }

    // Where the hub cannot be reached the stream waits by itself.
    private async ValueTask<StreamEnd?> WaitAtLogAsync(ReadLifetime lifetime)
    {
        using var wait = pulse.WaitElsewhere(lifetime);
        if (await Read.Session.FetchAsync(wait.MaxWait, wait.Lifetime)) return await DrainAsync();
        return lifetime.IsStopping ? StreamEnd.ShuttingDown : null;
    }

    // Gives out the step; its end where that is the stream's.
    private async ValueTask<StreamEnd?> DrainAsync()
    {
        var session = Read.Session;
        while (session.TryRead(out var item))
        {
            if (item.Notice is null) Read.Dress.Record(item);
            else if (Say(item.Notice) is { } end) return end;
            if (output.IsLarge) await output.FlushAsync();
        }

        if (session.IsFull) return StreamEnd.Limit;
        return session.IsOver ? StreamEnd.Until : null;
    }

    private StreamEnd? Say(ReadNotice notice)
    {
        Read.Dress.Notice(notice);
        if (notice.Problem is null) return null;
        var row = BrokerErrors.Of(notice.Problem.Error);
        return new StreamEnd(row.Code, row.Retriable);
    }

    private void Beat()
    {
        pulse.Beat();
        Read.Dress.Heartbeat();
    }
}
