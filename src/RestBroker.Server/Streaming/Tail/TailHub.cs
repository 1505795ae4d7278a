namespace RestBroker.Server.Streaming.Tail;

/// <summary>
/// Reads the end of the log once for all streams that want the same of it, and writes each event once. It reads on while somebody waits at
/// its end, keeps the last chunks for those who are a little behind, and sends who is further behind back to the log. What is no record
/// (a gap, a topic that is gone) ends it: then each stream reads by itself and says so in its own words. Thread-safe.
/// </summary>
internal sealed class TailHub : IDisposable
{
    /// <summary>What a hub keeps for each of its streams, in bytes.</summary>
    private const int KeptBytesPerStream = 64 * 1024;

    /// <summary>What a hub keeps at most, in bytes; the newest chunk is kept whatever its size.</summary>
    private const int MaxKeptBytes = 4 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly List<TailSeat> _seats = [];
    private readonly WakeSignal _demand = new();
    private readonly CancellationTokenSource _closed = new();
    private readonly ReadSession _session;
    private readonly TailWriter _writer;
    private TailChunk _head;
    private TailChunk _oldest;
    private long _keptBytes;
    private int _filteredCount;
    private volatile bool _hasEnded;

    public TailHub((string Topics, TailForm Form) scope, ReadSession session, TailWriter writer)
    {
        Scope = scope;
        _session = session;
        _writer = writer;
        _head = _oldest = TailChunk.StartAt(Cursor.Of(session.Position));
    }

    /// <summary>What it serves.</summary>
    public (string Topics, TailForm Form) Scope { get; }

    /// <summary>The newest chunk.</summary>
    public TailChunk Head => Volatile.Read(ref _head);

    /// <summary>Whether nothing more comes.</summary>
    public bool HasEnded => _hasEnded;

    /// <summary>A read that takes over for a stream that goes on by itself.</summary>
    public ReadSession TakeOver(ReadPlan rest, Cursor position, Cursor end) => _session.TakeOver(rest, position, end);

    public bool IsEmpty
    {
        get
        {
            lock (_gate) return _seats.Count == 0;
        }
    }

    /// <summary>Takes a stream; false when it has ended.</summary>
    public bool TryAdd(TailSeat seat)
    {
        lock (_gate)
        {
            if (_hasEnded) return false;
            seat.Index = _seats.Count;
            _seats.Add(seat);
            if (seat.IsFiltered) _filteredCount++;
            return true;
        }
    }

    public void Remove(TailSeat seat)
    {
        lock (_gate)
        {
            var last = _seats[^1];
            _seats[last.Index = seat.Index] = last;
            _seats.RemoveAt(_seats.Count - 1);
            if (seat.IsFiltered) _filteredCount--;
        }
    }

    /// <summary>Somebody waits for the next chunk.</summary>
    public void Demand() => _demand.Wake();

    /// <summary>Reads until it is closed, the broker stops, or there is something to say that is no record.</summary>
    public async Task RunAsync(TimeSpan maxWait, CancellationToken stopping)
    {
        using var lifetime = new ReadLifetime(_closed.Token, stopping);
        try
        {
            await _demand.WaitAsync();
            while (await _session.FetchAsync(maxWait, lifetime))
            {
                var hasNews = WriteStep();
                if (_session.HasNotices) return;
                if (hasNews) await _demand.WaitAsync();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // It was closed, or the broker is.
        }
        finally
        {
            End();
            _session.Dispose();
            _writer.Dispose();
        }
    }

    /// <summary>Nobody is there any more: it stops reading.</summary>
    public void Dispose()
    {
        _closed.Cancel();
        _closed.Dispose();
        _demand.Wake();
    }

    // Writes down what the step found and where it has come to.
    private bool WriteStep()
    {
        var hasNews = false;
        while (_session.TryRead(out var item))
        {
            _writer.Add(item, Volatile.Read(ref _filteredCount) > 0);
            if (!_writer.IsLarge) continue;
            Publish(_writer.Take(_session.Position));
            hasNews = true;
        }

        if (_writer.IsEmpty && _session.Place.IsAt(_head.To)) return hasNews;
        Publish(_writer.Take(_session.Position));
        return true;
    }

    private void Publish(TailChunk chunk)
    {
        lock (_gate)
        {
            _head.Append(chunk);
            Volatile.Write(ref _head, chunk);
            _keptBytes += chunk.Bytes.Length;
            var kept = Math.Min(MaxKeptBytes, (long)KeptBytesPerStream * _seats.Count);
            while (_keptBytes > kept && _oldest.TryGetNext(out var next, out _) && !ReferenceEquals(next, _head))
            {
                _oldest = _oldest.Drop();
                _keptBytes -= next.Bytes.Length;
            }

            foreach (var seat in _seats) seat.Wake();
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _hasEnded = true;
            foreach (var seat in _seats) seat.Wake();
        }
    }
}
