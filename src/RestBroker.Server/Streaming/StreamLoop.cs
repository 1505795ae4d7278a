using RestBroker.Core.Errors;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Runs an endless read: gives out what there is, says so at the end of the log, sends a heartbeat at its time and says goodbye. Between
/// records it waits in the engine; it has neither a thread nor a timer of its own.
/// </summary>
internal sealed class StreamLoop(ReadSession session, IStreamDress dress, StreamOutput output, TimeProvider time, TimeSpan heartbeat)
{
    private const string LimitReached = "limit";
    private const string ShuttingDown = "shutting-down";

    private long _lastHeartbeat;
    private bool _saidUpToDate;

    /// <summary>Runs to the end; the session has made its first step.</summary>
    public async Task RunAsync(IEnumerable<ReadNotice> opening, ReadLifetime lifetime)
    {
        dress.Open();
        (string Reason, bool Reconnect)? end = null;
        foreach (var notice in opening) end ??= Say(notice);
        if (end is null)
        {
            Beat();
            await output.FlushAsync();
            end = await DrainAsync();
        }

        while (end is null)
        {
            SayWhereItStands();
            await output.FlushAsync();
            end = lifetime.IsStopping || !await session.FetchAsync(UntilHeartbeat(), lifetime) ? (ShuttingDown, true) : await DrainAsync();
        }

        dress.Bye(end.Value.Reason, end.Value.Reconnect);
        await output.FlushAsync();
    }

    // Gives out the step; its end where that is the stream's.
    private async ValueTask<(string Reason, bool Reconnect)?> DrainAsync()
    {
        while (session.TryRead(out var item))
        {
            if (item.Notice is null) dress.Record(item);
            else if (Say(item.Notice) is { } end) return end;
            if (output.IsLarge) await output.FlushAsync();
        }

        return session.IsFull ? (LimitReached, false) : null;
    }

    private (string Reason, bool Reconnect)? Say(ReadNotice notice)
    {
        dress.Notice(notice);
        if (notice.Problem is null) return null;
        var row = BrokerErrors.Of(notice.Problem.Error);
        return (row.Code, row.Retriable);
    }

    private void SayWhereItStands()
    {
        if (session.IsUpToDate && !_saidUpToDate) dress.UpToDate();
        _saidUpToDate = session.IsUpToDate;
        if (UntilHeartbeat() == TimeSpan.Zero) Beat();
    }

    private void Beat()
    {
        _lastHeartbeat = time.GetTimestamp();
        dress.Heartbeat();
    }

    private TimeSpan UntilHeartbeat()
    {
        var left = heartbeat - time.GetElapsedTime(_lastHeartbeat);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
