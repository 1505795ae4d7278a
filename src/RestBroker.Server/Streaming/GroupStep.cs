using RestBroker.Core.Groups;

namespace RestBroker.Server.Streaming;

/// <summary>One step of a parked fetch: how long it may wait, and what ends its wait. Not thread-safe.</summary>
internal sealed class GroupStep : IDisposable
{
    private readonly GroupSession _session;
    private readonly CancellationToken _stopping;
    private readonly CancellationTokenSource _ended;
    private readonly TimeSpan _left;

    /// <param name="session">What the member holds.</param>
    /// <param name="left">How long the client would still wait; zero or less = no longer.</param>
    /// <param name="aborted">The client went away.</param>
    /// <param name="stopping">The broker stops.</param>
    public GroupStep(GroupSession session, TimeSpan left, CancellationToken aborted, CancellationToken stopping)
    {
        _session = session;
        _stopping = stopping;
        // Who lost something is told at once: it may be at work on it.
        _left = left > TimeSpan.Zero && !session.HasLost ? left : TimeSpan.Zero;
        // Without a wait there is nothing that news could end.
        _ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, _left > TimeSpan.Zero ? session.Changed : CancellationToken.None);
        Lifetime = new ReadLifetime(aborted, _ended.Token);
    }

    /// <summary>Ends with the client, with the broker and with news of the lease.</summary>
    public ReadLifetime Lifetime { get; }

    /// <summary>How long to wait for records.</summary>
    public TimeSpan Wait => _left < _session.CheckWithin ? _left : _session.CheckWithin;

    /// <summary>Whether there is nothing more to wait for: an empty page is an answer now.</summary>
    public bool IsLast => _stopping.IsCancellationRequested || (_left == Wait && (_left == TimeSpan.Zero || !_session.Changed.IsCancellationRequested));

    /// <summary>Waits for news while there is nothing to read.</summary>
    public Task IdleAsync(TimeProvider time) => Lifetime.IdleAsync(Wait, time);

    public void Dispose()
    {
        Lifetime.Dispose();
        _ended.Dispose();
    }
}
