namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// One stream at its hub: sends what the hub has written. It stands where a chunk of the hub ends, and so shares its place with all who
/// stand there; a read of its own is made where one is needed. Belongs to one stream.
/// </summary>
internal sealed class TailReader : IDisposable
{
    private readonly TailSeat _seat;
    private readonly StreamOutput _output;
    private readonly ReadPlan _rest;
    private Cursor _position;
    private Cursor _end;
    private long _left;

    /// <param name="session">The stream's read, which stands where the seat is.</param>
    /// <param name="seat">The stream's seat.</param>
    /// <param name="output">Where to.</param>
    public TailReader(ReadSession session, TailSeat seat, StreamOutput output)
    {
        _seat = seat;
        _output = output;
        _rest = session.Rest;
        _left = session.Left;
        _position = seat.Position;
        _end = session.IsUpToDate ? _position : session.Place.End;
    }

    /// <summary>Whether it has lost touch with the hub and is to read on from the log.</summary>
    public bool IsLost => _seat.IsLost;

    /// <summary>Whether every partition stood at its end when the last was heard of it.</summary>
    public bool IsUpToDate => _position.Reaches(_end);

    /// <summary>Waits for the hub, or for whatever else wakes the stream.</summary>
    public ValueTask WaitAsync() => _seat.WaitAsync();

    /// <summary>A read that stands where the stream does.</summary>
    public StreamRead Read(TimeProvider time) => StreamRead.Of(TakeOver(), _seat.Hub.Scope.Form, _output, time);

    /// <summary>Sends what has come.</summary>
    public async ValueTask<StreamEnd?> FollowAsync(ReadLifetime lifetime)
    {
        while (_seat.TryTake(out var chunk))
        {
            if (await SendAsync(chunk) is { } end) return end;
            if (_seat.IsLost) return null;
            if (lifetime.IsStopping) return StreamEnd.ShuttingDown;
        }

        return null;
    }

    public void Dispose() => _seat.Dispose();

    private async ValueTask<StreamEnd?> SendAsync(TailChunk chunk)
    {
        if (_rest.Filter is null && chunk.Events.Length < _left)
        {
            await _output.WriteAsync(chunk.Bytes);
            _left -= chunk.Events.Length;
            Pass(chunk);
            return null;
        }

        if (_rest.Filter is not null && chunk.Keys is null)
        {
            _seat.Lose();
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
            var end = chunk.Events[i].End;
            if (_rest.Filter?.Matches(chunk.Keys![i]) != false)
            {
                await _output.WriteAsync(chunk.Bytes.AsMemory(begin, end - begin));
                if (--_left == 0)
                {
                    StopBehind(chunk.Events.AsSpan(0, i + 1));
                    return StreamEnd.Limit;
                }
            }

            begin = end;
        }

        Pass(chunk);
        return null;
    }

    private void Pass(TailChunk chunk) => (_position, _end) = (chunk.To, _seat.End);

    // Inside a chunk it stands where nobody else does.
    private void StopBehind(ReadOnlySpan<TailEvent> events)
    {
        using var read = TakeOver();
        foreach (var passed in events) read.Place.Pass(passed.Topic, passed.Partition, passed.NextOffset);
        _position = Cursor.Of(read.Position);
    }

    private ReadSession TakeOver() => _seat.Hub.TakeOver(_rest with { Limit = _left }, _position, _end);
}
