using System.Diagnostics.CodeAnalysis;

namespace RestBroker.Server.Streaming.Tail;

/// <summary>A stream's place at a hub. Belongs to one stream; disposing gives the place back.</summary>
internal sealed class TailSeat(TailHubs hubs, TailHub hub, WakeSignal signal, bool isFiltered) : IDisposable
{
    private TailChunk _last = hub.Head;

    /// <summary>Whether the hub's chunks must tell keys and headers.</summary>
    public bool IsFiltered => isFiltered;

    /// <summary>The hub's own note of where the seat is.</summary>
    internal int Index { get; set; }

    internal TailHub Hub => hub;

    /// <summary>Behind what was taken last.</summary>
    public Cursor Position => _last.To;

    /// <summary>Where the hub has come to.</summary>
    public Cursor End => hub.Head.To;

    /// <summary>The stream is to read from the log again: it was too slow, or the hub met something that each stream says for itself.</summary>
    public bool IsLost { get; private set; }

    /// <summary>Sits where the hub has come to, and says where that is.</summary>
    public Cursor SitAtEnd()
    {
        _last = hub.Head;
        return _last.To;
    }

    /// <summary>The next chunk, if it is there.</summary>
    public bool TryTake([NotNullWhen(true)] out TailChunk? chunk)
    {
        // Asked before the look: what the hub gives before it ends is taken.
        var hasEnded = hub.HasEnded;
        if (!_last.TryGetNext(out chunk, out var isLost))
        {
            IsLost |= isLost || hasEnded;
            return false;
        }

        _last = chunk;
        return true;
    }

    /// <summary>Gives up what was taken and not sent.</summary>
    public void Lose() => IsLost = true;

    /// <summary>Waits to be woken. That somebody waits is what makes the hub read on.</summary>
    public ValueTask WaitAsync()
    {
        hub.Demand();
        return signal.WaitAsync();
    }

    public void Dispose() => hubs.Leave(this);

    internal void Wake() => signal.Wake();
}
