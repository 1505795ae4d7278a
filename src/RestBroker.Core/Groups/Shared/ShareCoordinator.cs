using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// What members of shared groups do: fetch records, each of which is then theirs for a lease, and acknowledge them one by one. A delivery
/// is counted, and what is said of a record is kept, on disk before the answer. Thread-safe.
/// </summary>
public sealed class ShareCoordinator(GroupCatalog catalog)
{
    private const long LogStart = -1;

    // Topics and partitions that come while a fetch is parked are noticed within this time, or half a lease.
    private static readonly TimeSpan LongestStep = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Gives out records that nobody holds, those that came back first; waits for a first one. Ends with what there is, an empty batch
    /// included, when the wait is over or <paramref name="stopping"/> is cancelled.
    /// </summary>
    /// <exception cref="BrokerException">GroupIdNotFound, GroupTypeMismatch, InvalidName, LimitReached, StorageFailed, DiskFull.</exception>
    public async ValueTask<ShareBatch> FetchAsync(string group, ShareFetch fetch, CancellationToken stopping, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(fetch.Member, "member");
        var (live, keeper) = catalog.RequireShared(group);
        var began = catalog.Time.GetTimestamp();
        while (true)
        {
            var news = keeper.Share.News;
            keeper.Share.Touch(fetch.Member);
            var batch = new ShareBatch(fetch);
            var places = await ObserveAsync(live, keeper, batch, cancellationToken);
            await FillAsync(keeper, places, batch, cancellationToken);
            var left = Left(fetch.Wait, began, live);
            if (batch.Records.Count == 0 && batch.Gaps.Count == 0 && left != TimeSpan.Zero && !stopping.IsCancellationRequested)
            {
                using var step = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping, news);
                await WaitAsync(keeper, places, left, step.Token, cancellationToken);
                continue;
            }

            await SaveAsync(live, keeper, batch, cancellationToken);
            return batch;
        }
    }

    /// <summary>
    /// Who fetches with <see cref="Timeout.InfiniteTimeSpan"/> is to cancel and fetch again after this long at the latest: so new topics are
    /// noticed, and the member is known to be there.
    /// </summary>
    /// <exception cref="BrokerException">GroupIdNotFound, GroupTypeMismatch.</exception>
    public TimeSpan CheckWithin(string group) => Step(catalog.RequireShared(group).Group);

    /// <summary>Takes what members say of records; each by itself, durably. What fails changes nothing and the others hold.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound, GroupTypeMismatch, StorageFailed, DiskFull.</exception>
    public async ValueTask<IReadOnlyList<ShareAckResult>> AcknowledgeAsync(
        string group, IReadOnlyList<ShareAck> acks, CancellationToken cancellationToken)
    {
        var (_, keeper) = catalog.RequireShared(group);
        var results = keeper.Share.Acknowledge(acks);
        if (keeper.Share.Outlook.HasDead) await keeper.BuryAsync();
        await catalog.SaveAsync(keeper, cancellationToken);
        return results;
    }

    /// <summary>
    /// How many records a member holds, and a token that is cancelled when some record's hold has ended, in whatever way.
    /// </summary>
    /// <exception cref="BrokerException">GroupIdNotFound, GroupTypeMismatch.</exception>
    public (int Count, CancellationToken Changed) HeldBy(string group, string member) => catalog.RequireShared(group).Keeper.Share.HeldBy(member);

    /// <summary>Gives back a batch that could not be handed to its member; it does not count as a delivery.</summary>
    public async ValueTask UndoAsync(string group, ShareBatch batch)
    {
        var (_, keeper) = catalog.RequireShared(group);
        keeper.Share.Undo(batch);
        await catalog.SaveAsync(keeper, CancellationToken.None);
    }

    /// <summary>Lets a shared group see its topics as they are now.</summary>
    internal async ValueTask<IReadOnlyList<SharePlace>> ObserveAsync(
        LiveGroup live, ShareKeeper keeper, ShareBatch? batch, CancellationToken cancellationToken)
    {
        var topics = await catalog.Topics.ObserveAsync(live, cancellationToken);
        await catalog.SaveAsync(live, cancellationToken);
        var status = await catalog.Topics.StatusAsync(topics.Select(topic => topic.Name), cancellationToken);
        var places = live.Look((group, offsets) => Places(group.State, offsets, status));
        var (gaps, dropped) = keeper.Share.Observe(places);
        await keeper.ForgetAsync(dropped);
        foreach (var gap in gaps) batch?.Add(gap);
        return places;
    }

    private static List<SharePlace> Places(
        GroupState state, OffsetVector offsets, IReadOnlyDictionary<TopicPartition, PartitionStatus> status)
    {
        var places = new List<SharePlace>();
        foreach (var topic in state.Topics)
        {
            for (var number = 0; number < topic.PartitionCount; number++)
            {
                var partition = new TopicPartition(topic.Name, number);
                if (!status.TryGetValue(partition, out var found)) continue;
                var start = offsets.NextOffset(partition, topic.Id) ?? topic.StartOf(number) ?? LogStart;
                places.Add(new SharePlace(partition, topic.Id, start, found.LogStartOffset, found.HighWatermark));
            }
        }

        return places;
    }

    private async ValueTask FillAsync(ShareKeeper keeper, IReadOnlyList<SharePlace> places, ShareBatch batch, CancellationToken cancellationToken)
    {
        var reader = new ShareReader(catalog.Engine, keeper.Share);
        var ends = places.ToDictionary(place => place.Partition, place => place.HighWatermark);
        var turn = keeper.Share.Turn();
        batch.Lag = turn.Sum(entry => entry.State.Records.Count + Math.Max(0, ends.GetValueOrDefault(entry.Slot.Partition) - entry.State.End));
        foreach (var (slot, state) in turn)
        {
            if (batch.IsFull) return;
            var hasNew = state.Records.Count < keeper.Share.MaxInFlight && ends.GetValueOrDefault(slot.Partition) > state.End;
            if (hasNew || state.Counts.Available > 0) await reader.TakeAsync(slot, batch, cancellationToken);
        }

        batch.IsUpToDate = !batch.IsFull;
    }

    // Every partition that has room is waited for at its end; whatever else there may be is news.
    private async ValueTask WaitAsync(
        ShareKeeper keeper, IReadOnlyList<SharePlace> places, TimeSpan wait, CancellationToken step, CancellationToken cancellationToken)
    {
        var ends = places.ToDictionary(place => place.Partition, place => place.HighWatermark);
        var request = new FetchRequest
        {
            Partitions =
            [
                .. keeper.Share.Turn()
                    .Where(entry => entry.State.Records.Count < keeper.Share.MaxInFlight && entry.State.End <= ends.GetValueOrDefault(entry.Slot.Partition, -1))
                    .Take(catalog.Config.MaxPartitionsPerMember)
                    .Select(entry => new FetchPartition(entry.Slot.Partition, entry.State.End, entry.Slot.TopicId)),
            ],
            MaxBytes = 1,
            MaxWait = wait,
        };
        try
        {
            if (request.Partitions.Count == 0) await Task.Delay(wait, catalog.Time, step);
            else (await catalog.Engine.FetchAsync(request, step)).Dispose();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // There is news, or the broker stops.
        }
    }

    private async ValueTask SaveAsync(LiveGroup live, ShareKeeper keeper, ShareBatch batch, CancellationToken cancellationToken)
    {
        batch.ExpiresIn = live.Look((group, _) => group.State.Settings.Lease);
        batch.ExpiresAt = catalog.Time.GetUtcNow() + batch.ExpiresIn;
        try
        {
            await catalog.SaveAsync(keeper, cancellationToken);
        }
        catch
        {
            // Nobody is given what is not on disk.
            keeper.Share.Undo(batch);
            throw;
        }
    }

    // How long the next look at the logs may wait. Who waits without a time of its own looks again by itself.
    private TimeSpan Left(TimeSpan wait, long began, LiveGroup live)
    {
        if (wait == Timeout.InfiniteTimeSpan) return wait;
        var left = wait - catalog.Time.GetElapsedTime(began);
        if (left <= TimeSpan.Zero) return TimeSpan.Zero;
        var step = Step(live);
        return left < step ? left : step;
    }

    private static TimeSpan Step(LiveGroup live)
    {
        var half = live.Look((group, _) => group.State.Settings.Lease) / 2;
        return half < LongestStep ? half : LongestStep;
    }
}
