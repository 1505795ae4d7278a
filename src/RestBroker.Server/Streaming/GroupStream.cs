using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.Server.Contracts;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Server.Streaming;

/// <summary>
/// Runs the event stream of a group's member: the connection holds the lease and renews it. A stretch of it reads what the lease has; with
/// every change of the lease the next stretch begins, after the events <c>revoked</c> (where something was lost) and <c>lease</c>.
/// </summary>
internal sealed class GroupStream(
    ILogEngine engine, GroupCoordinator coordinator, StreamOutput output, ReadWishes wishes, StreamClocks clocks)
{
    private const string LimitReached = "limit";
    private const string ShuttingDown = "shutting-down";

    private long _lastHeartbeat;
    private long _delivered;
    private bool _saidUpToDate;

    /// <summary>Says in the stream what a browser would not see in a status.</summary>
    public async Task RefuseAsync(BrokerException refusal, string requestId)
    {
        using var read = new ReadSession(engine, wishes.GroupStream([], 0));
        using var dress = new EventDress(output.Buffer, read, wishes.Shape, clocks.Time, requestId);
        dress.Open();
        dress.Notice(ReadNotice.Of(refusal));
        dress.Bye(BrokerErrors.Of(refusal.Error).Code, BrokerErrors.Of(refusal.Error).Retriable);
        await output.FlushAsync();
    }

    /// <summary>Runs to the end.</summary>
    public async Task RunAsync(GroupSession session, IReadOnlyList<TopicPosition> positions, string requestId, ReadLifetime lifetime)
    {
        var read = Stretch(positions);
        using var dress = new EventDress(output.Buffer, read, wishes.Shape, clocks.Time, requestId);
        try
        {
            dress.Open();
            Say(dress, session, []);
            await output.FlushAsync();
            while (true)
            {
                if (await ReadAsync(dress, read, session, lifetime) is { } end)
                {
                    dress.Bye(end.Reason, end.Reconnect);
                    await output.FlushAsync();
                    return;
                }

                var next = await RenewAsync(dress, session, lifetime);
                if (next is null) return;
                if (!IsSame(session, next))
                {
                    (var before, _delivered) = (read, _delivered + read.Delivered);
                    read = Stretch(GroupCursor.Place(next, before.Position, session.Lease.Partitions.Contains));
                    before.Dispose();
                    dress.Session = read;
                    Say(dress, next, session.Lease.Partitions.Except(next.Lease.Partitions));
                    await output.FlushAsync();
                }

                session = next;
            }
        }
        finally
        {
            read.Dispose();
        }
    }

    private ReadSession Stretch(IReadOnlyList<TopicPosition> positions) => new(engine, wishes.GroupStream(positions, _delivered)) { SpeaksInBand = true };

    private void Say(EventDress dress, GroupSession session, IEnumerable<TopicPartition> lost)
    {
        dress.Epoch = session.Lease.Token.Epoch;
        if (lost.ToList() is { Count: > 0 } partitions) dress.Revoked(new RevokedResponse(GroupMapping.ByTopic(partitions)));
        dress.Lease(session.Lease.ToResponse());
        _saidUpToDate = false;
    }

    // One step: until there is a record, a heartbeat is due, the lease has news or must be renewed. Gives the end where that is the stream's.
    private async Task<(string Reason, bool Reconnect)?> ReadAsync(EventDress dress, ReadSession read, GroupSession session, ReadLifetime stream)
    {
        // Where it stands is said before anything is waited for.
        var left = _saidUpToDate ? Shorter(UntilHeartbeat(), session.CheckWithin) : TimeSpan.Zero;
        using var wait = new StreamWait(clocks, left, stream, session.Changed);
        var isRead = session.Positions.Count > 0 && await read.FetchAsync(wait.MaxWait, wait.Lifetime) && IsHeld(session);
        if (session.Positions.Count == 0) await wait.IdleAsync();
        if (UntilHeartbeat() == TimeSpan.Zero) Beat(dress);
        if (isRead && await DrainAsync(dress, read) is { } end) return end;
        if (stream.IsStopping) return (ShuttingDown, true);
        if (read.IsUpToDate && !_saidUpToDate) dress.UpToDate();
        _saidUpToDate = read.IsUpToDate;
        await output.FlushAsync();
        return null;
    }

    // What was read while the lease went is thrown away; the next look at the group says what became of it.
    private bool IsHeld(GroupSession session)
    {
        try
        {
            var renewed = coordinator.Renew(session);
            return !renewed.IsFenced && renewed.Value.Partitions.SequenceEqual(session.Lease.Partitions);
        }
        catch (BrokerException)
        {
            return false;
        }
    }

    private async ValueTask<(string Reason, bool Reconnect)?> DrainAsync(EventDress dress, ReadSession read)
    {
        while (read.TryRead(out var item))
        {
            if (item.Notice is not { } notice) dress.Record(item);
            else if (notice.Problem is null) dress.Notice(notice); // what is gone or cannot be read leaves the lease with the next look
            if (output.IsLarge) await output.FlushAsync();
        }

        return read.IsFull ? (LimitReached, false) : null;
    }

    // Renews the lease; null where it was taken over or has ended, which is said.
    private async Task<GroupSession?> RenewAsync(EventDress dress, GroupSession session, ReadLifetime lifetime)
    {
        BrokerException refusal;
        try
        {
            var renewed = await coordinator.FetchAsync(session.Group, session.Member, session.Lease.Token, lifetime.Aborted);
            if (!renewed.IsFenced) return renewed.Value;
            refusal = new BrokerException(BrokerError.LeaseFenced, renewed.Fenced.Detail);
        }
        catch (BrokerException e)
        {
            refusal = e;
        }

        // Whoever lost the lease by silence may come back; two streams of one name would fence each other for ever.
        var mayReconnect = refusal.Error == BrokerError.LeaseFenced
            ? !coordinator.IsMember(session.Group, session.Member)
            : BrokerErrors.Of(refusal.Error).Retriable;
        dress.Notice(ReadNotice.Of(refusal), isFinal: !mayReconnect);
        dress.Bye(BrokerErrors.Of(refusal.Error).Code, mayReconnect);
        await output.FlushAsync();
        return null;
    }

    private static bool IsSame(GroupSession session, GroupSession next) =>
        session.Lease.Partitions.SequenceEqual(next.Lease.Partitions)
        && session.Topics.Select(Identity).SequenceEqual(next.Topics.Select(Identity));

    private static (Guid, int) Identity(TopicDescription topic) => (topic.TopicId, topic.PartitionCount);

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private void Beat(EventDress dress)
    {
        _lastHeartbeat = clocks.Time.GetTimestamp();
        dress.Heartbeat();
    }

    private TimeSpan UntilHeartbeat() => clocks.UntilHeartbeat(_lastHeartbeat);
}
