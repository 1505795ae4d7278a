namespace RestBroker.Server.Streaming.Tail;

/// <summary>One stream at its hub: gets to where the hub stands, then sends what the hub has written. Belongs to one stream.</summary>
internal sealed class TailReader(StreamLoop loop, ReadSession session, StreamOutput output, TailSeat seat) : IDisposable
{
    // A hub that is behind reads the same log and has caught up in a moment. If it has not, the stream reads by itself.
    private const int MaxTries = 3;

    /// <summary>Whether it has lost touch with the hub and is to read on from the log.</summary>
    public bool IsLost => seat.IsLost;

    /// <summary>
    /// Brings the stream to exactly where the hub stands, from the log: all its partitions end there, so that ids are the same from there
    /// on. False where the hub cannot be reached now.
    /// </summary>
    public async ValueTask<(StreamEnd? End, bool IsThere)> ReachAsync(ReadLifetime lifetime)
    {
        for (var tries = 0; tries < MaxTries && !seat.IsLost && !lifetime.IsStopping; tries++)
        {
            var target = seat.SitAtEnd();
            if (session.Place.IsAt(target)) return (null, true);
            if (session.Place.IsWiderThan(target)) break; // it has not heard of the new partitions
            if (session.Place.IsBehind(target))
            {
                if (await ReadUpToAsync(target, lifetime) is { } end) return (end, false);
                if (session.Place.IsAt(target)) return (null, true);
            }

            await seat.WaitAsync();
            lifetime.Aborted.ThrowIfCancellationRequested();
        }

        return (null, false);
    }

    /// <summary>Waits for the hub, or for whatever else wakes the stream.</summary>
    public ValueTask WaitAsync() => seat.WaitAsync();

    /// <summary>Sends what has come.</summary>
    public async ValueTask<StreamEnd?> FollowAsync(ReadLifetime lifetime)
    {
        while (seat.TryTake(out var chunk))
        {
            if (await SendAsync(chunk) is { } end) return end;
            if (seat.IsLost) return null;
            if (lifetime.IsStopping) return StreamEnd.ShuttingDown;
        }

        return null;
    }

    public void Dispose() => seat.Dispose();

    private async ValueTask<StreamEnd?> ReadUpToAsync(Cursor target, ReadLifetime lifetime)
    {
        session.Place.Bound(target);
        try
        {
            while (!session.Place.IsAtBound)
            {
                var before = session.ScannedBytes;
                if (await loop.StepAsync(lifetime) is { } end) return end;
                if (session.ScannedBytes == before) break; // there is nothing that could be read
            }

            return null;
        }
        finally
        {
            session.Place.Bound(null);
        }
    }

    private async ValueTask<StreamEnd?> SendAsync(TailChunk chunk)
    {
        if (session.Filter is null && chunk.Events.Length < session.Left)
        {
            await output.WriteAsync(chunk.Bytes);
            session.Follow(chunk.To, seat.End, chunk.Events.Length);
            return null;
        }

        if (session.Filter is not null && chunk.Keys is null)
        {
            seat.Lose();
            return null;
        }

        return await PickAsync(chunk);
    }

    // Event by event: those that the filter lets pass, until there are enough.
    private async ValueTask<StreamEnd?> PickAsync(TailChunk chunk)
    {
        var begin = 0;
        for (var i = 0; i < chunk.Events.Length; i++)
        {
            var found = chunk.Events[i];
            var isWanted = session.Filter?.Matches(chunk.Keys![i]) != false;
            if (isWanted) await output.WriteAsync(chunk.Bytes.AsMemory(begin, found.End - begin));
            begin = found.End;
            session.Pass(found.Topic, found.Partition, found.NextOffset, isWanted);
            if (session.Left == 0) return StreamEnd.Limit;
        }

        session.Follow(chunk.To, seat.End, 0);
        return null;
    }
}
