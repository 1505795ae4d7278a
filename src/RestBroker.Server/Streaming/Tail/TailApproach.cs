namespace RestBroker.Server.Streaming.Tail;

/// <summary>A stream's way to its hub: reads from the log until it stands where the hub does. Belongs to one stream.</summary>
internal sealed class TailApproach(StreamLoop loop, ReadSession session, TailSeat seat)
{
    // A hub that is behind reads the same log and has caught up in a moment. If it has not, the stream reads by itself.
    private const int MaxTries = 3;

    /// <summary>Whether the stream stands where the hub does. Otherwise the hub cannot be reached now.</summary>
    public bool IsThere { get; private set; }

    /// <summary>
    /// Brings the stream to exactly where the hub stands, from the log: all its partitions end there, so that ids are the same from there
    /// on. Gives the stream's end where that comes first.
    /// </summary>
    public async ValueTask<StreamEnd?> ReachAsync(ReadLifetime lifetime)
    {
        for (var tries = 0; tries < MaxTries && !seat.IsLost && !lifetime.IsStopping; tries++)
        {
            var target = seat.SitAtEnd();
            if (IsThere = session.Place.IsAt(target)) return null;
            if (session.Place.IsWiderThan(target)) return null; // it has not heard of the new partitions
            if (session.Place.IsBehind(target))
            {
                if (await ReadUpToAsync(target, lifetime) is { } end) return end;
                if (IsThere = session.Place.IsAt(target)) return null;
            }

            await seat.WaitAsync();
            lifetime.Aborted.ThrowIfCancellationRequested();
        }

        return null;
    }

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
}
