using RestBroker.Core.Errors;
using RestBroker.Core.Groups;
using RestBroker.Core.Groups.Shared;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Streaming;

/// <summary>Answers fetches and acknowledgements of a shared group's members.</summary>
internal sealed class SharedRequests(ShareCoordinator coordinator, IHostApplicationLifetime host)
{
    private const int MaxAcks = 10_000;

    /// <summary>Gives out records, and takes them back where nobody is there any more to be given them.</summary>
    public async Task FetchAsync(HttpContext context, GroupFetch fetch)
    {
        if (fetch.Lease is not null || fetch.Cursor is not null)
        {
            throw new BrokerException(
                BrokerError.GroupTypeMismatch, $"Group '{fetch.Group}' is shared: its members have neither lease nor cursor. Leave them out; each record has a receipt.");
        }

        var wishes = fetch.Wishes;
        RefuseFilter(fetch.Group, wishes);
        var wanted = new ShareFetch(fetch.Member, wishes.PageLimit, wishes.PageBytes, wishes.Wait, fetch.AutoCommit);
        var batch = await coordinator.FetchAsync(fetch.Group, wanted, host.ApplicationStopping, context.RequestAborted);
        var isSent = false;
        try
        {
            await SharedPage.SendAsync(context.Response, batch, wishes.Shape, context.RequestAborted);
            isSent = !context.RequestAborted.IsCancellationRequested;
        }
        finally
        {
            if (!isSent) await coordinator.UndoAsync(fetch.Group, batch);
        }
    }

    /// <summary>Refuses a filter: nobody would ever be given what it leaves out, and the group would stand before it for ever.</summary>
    /// <exception cref="BrokerException">InvalidRequest.</exception>
    public static void RefuseFilter(string group, ReadWishes wishes)
    {
        if (!wishes.IsFiltered) return;
        throw new BrokerException(
            BrokerError.InvalidRequest,
            $"Group '{group}' is shared: each of its records is somebody's work, and what a filter leaves out would be nobody's. "
            + "Leave out key, keyPrefix and header.…, accept what is not wanted, or read it in a partitioned group.");
    }

    /// <summary>Takes what a member says of records.</summary>
    public async Task<AckGroupResponse> AckAsync(string group, AckGroupRequest request, CancellationToken cancellationToken)
    {
        if (request.Acks.Count == 0) throw new BrokerException(BrokerError.InvalidRange, "acks is empty: give at least one.");
        if (request.Acks.Count > MaxAcks)
            throw new BrokerException(BrokerError.RequestTooLarge, $"{request.Acks.Count} acks are given; a request takes at most {MaxAcks}. Send several.");
        var acks = request.Acks.Select(ToAck).ToList();
        var results = await coordinator.AcknowledgeAsync(group, acks, cancellationToken);
        return new AckGroupResponse(
        [
            .. results.Select(result => result.Error == BrokerError.None
                ? new AckResponse(result.Ack.Receipt, result.Ack.Outcome, null)
                : new AckResponse(result.Ack.Receipt, null, BrokerErrors.Of(result.Error).Code)),
        ]);
    }

    private static ShareAck ToAck(AckRequest? ack, int i)
    {
        if (ack is null) throw Refused(BrokerError.InvalidRequest, $"/acks/{i}", "An ack is null.");
        if (ack.DelaySeconds is not { } delay) return new ShareAck(ack.Receipt, ack.Outcome);
        var pointer = $"/acks/{i}/delaySeconds";
        if (ack.Outcome != ShareOutcome.Release)
            throw Refused(BrokerError.InvalidRange, pointer, "delaySeconds belongs to outcome 'release': leave it out.");
        if (delay is not (>= 0 and <= GroupConfig.MaxDelaySeconds))
            throw Refused(BrokerError.InvalidRange, pointer, $"delaySeconds {delay} is outside 0..{GroupConfig.MaxDelaySeconds}.");
        return new ShareAck(ack.Receipt, ack.Outcome, TimeSpan.FromSeconds(delay));
    }

    private static BrokerException Refused(BrokerError error, string pointer, string detail) =>
        new(error, detail) { Errors = [new FieldError(pointer, error, detail)] };
}
