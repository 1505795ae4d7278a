using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// The partitions of a shared group in memory, under one lock: every verb lets holds and delays end first. Nothing is written here; see
/// <see cref="ShareKeeper"/>. Thread-safe.
/// </summary>
/// <param name="settings">The group's settings as they are now.</param>
/// <param name="config">The bounds.</param>
/// <param name="time">The clock of holds.</param>
internal sealed class LiveShare(Func<GroupSettings> settings, GroupConfig config, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<TopicPartition, ShareSlot> _slots = new(PartitionOrder.Instance);
    private readonly ShareMembers _members = new(config.MaxMembers);
    private CancellationTokenSource _news = new();
    private CancellationTokenSource? _settled;
    private int _turn;

    /// <summary>Is told after every change, outside the lock.</summary>
    internal Action Changed { get; set; } = () => { };

    internal int MaxInFlight => config.MaxInFlight;

    internal TimeSpan Now => LiveGroup.Stopwatch(time);

    /// <summary>Is cancelled when there may be something to give out that was not there before.</summary>
    internal CancellationToken News
    {
        get
        {
            lock (_lock) return _news.Token;
        }
    }

    /// <summary>Every partition, by name and number.</summary>
    internal IReadOnlyList<ShareSlot> Slots
    {
        get
        {
            lock (_lock) return [.. _slots.Values];
        }
    }

    /// <summary>When the next hold or delay ends, the greatest value where there is none; and whether there are dead to be buried.</summary>
    internal (TimeSpan NextDue, bool HasDead) Outlook
    {
        get
        {
            lock (_lock)
            {
                var nextDue = TimeSpan.MaxValue;
                var hasDead = false;
                foreach (var slot in _slots.Values)
                {
                    if (slot.State.NextDue < nextDue) nextDue = slot.State.NextDue;
                    hasDead |= slot.State.Counts.Dead > 0;
                }

                return (nextDue, hasDead);
            }
        }
    }

    /// <summary>Puts a partition in as it was loaded.</summary>
    internal void Load(TopicPartition partition, Guid topicId, SharePartition state)
    {
        lock (_lock) _slots[partition] = new ShareSlot(partition, topicId, state);
    }

    /// <summary>
    /// Takes the partitions as they are now: new ones begin where they are told, those of topics that are gone are dropped, and what the
    /// log no longer has is done with. Returns what was lost unread, and the slots that were dropped.
    /// </summary>
    internal (IReadOnlyList<ShareGap> Gaps, IReadOnlyList<ShareSlot> Dropped) Observe(IReadOnlyList<SharePlace> places)
    {
        var gaps = new List<ShareGap>();
        var dropped = Step(rules =>
        {
            var ids = places.ToDictionary(place => place.Partition, place => place.TopicId);
            var gone = _slots.Values.Where(slot => !ids.TryGetValue(slot.Partition, out var id) || id != slot.TopicId).ToList();
            foreach (var slot in gone) _slots.Remove(slot.Partition);
            foreach (var place in places)
            {
                if (!_slots.TryGetValue(place.Partition, out var slot))
                {
                    _slots[place.Partition] = new ShareSlot(place.Partition, place.TopicId, SharePartition.At(Math.Max(place.Start, place.LogStartOffset)));
                    Tell();
                    continue;
                }

                if (slot.State.Start < place.LogStartOffset)
                {
                    gaps.Add(new ShareGap(place.Partition, slot.State.Start, place.LogStartOffset, IsTrimmed: true));
                    Set(slot, slot.State.Trim(place.LogStartOffset));
                }
            }

            return gone;
        });
        return (gaps, dropped);
    }

    /// <summary>Notes that a member is there.</summary>
    /// <exception cref="BrokerException">LimitReached.</exception>
    internal void Touch(string member)
    {
        if (Step(rules => _members.TryTouch(member, Now, rules.Lease))) return;
        throw new BrokerException(BrokerError.LimitReached, $"The group has {config.MaxMembers} members, as many as allowed: wait until one leaves.");
    }

    /// <summary>The slots, each time beginning with another: whoever comes first may fill a fetch alone.</summary>
    internal IReadOnlyList<(ShareSlot Slot, SharePartition State)> Turn() => Step(_ =>
    {
        var slots = _slots.Values.Select(slot => (slot, slot.State)).ToList();
        if (slots.Count == 0) return slots;
        var first = (int)((uint)_turn++ % slots.Count);
        return [.. slots[first..], .. slots[..first]];
    });

    /// <summary>How many records a member holds; the token is cancelled when a hold of whoever ends.</summary>
    internal (int Count, CancellationToken Settled) HeldBy(string member) => Step(_ =>
    {
        var count = _slots.Values.Where(slot => slot.State.Counts.Acquired > 0).Sum(slot => slot.State.Records.Values.Count(record => record.Hold?.Member == member));
        return (count, (_settled ??= new CancellationTokenSource()).Token);
    });

    internal SharePartition Look(ShareSlot slot) => Step(_ => slot.State);

    /// <summary>Gives out what was found, or accepts it at once; returns each record's delivery count.</summary>
    internal IReadOnlyDictionary<long, int> Acquire(ShareSlot slot, ShareFind find, ShareHold hold, bool acceptAtOnce) => Step(rules =>
    {
        var next = slot.State.Acquire(find, hold, Now + rules.Lease);
        var given = find.Found.Where(offset => next.Holds(offset, hold.Id)).ToDictionary(offset => offset, offset => next.Records[offset].DeliveryCount);
        Set(slot, acceptAtOnce ? given.Keys.Aggregate(next, (state, offset) => state.Accept(offset)) : next);
        return given;
    });

    /// <summary>Takes what a member says of records.</summary>
    internal IReadOnlyList<ShareAckResult> Acknowledge(IReadOnlyList<ShareAck> acks) => Step(rules =>
    {
        var byIncarnation = _slots.Values.ToDictionary(slot => (slot.Incarnation, slot.Partition.Partition));
        return acks.Select(ack => new ShareAckResult(ack, Acknowledge(ack, byIncarnation, rules))).ToList();
    });

    /// <summary>Gives back what a member holds, and forgets it; false where it was not there.</summary>
    internal bool Leave(string member) => Step(rules =>
    {
        var isKnown = _members.Remove(member);
        foreach (var slot in _slots.Values)
        {
            var next = slot.State.Leave(member, rules.MaxDeliveriesOrDefault);
            isKnown |= next != slot.State;
            Set(slot, next);
        }

        return isKnown;
    });

    /// <summary>Undoes what a fetch took and could not give.</summary>
    internal void Undo(ShareBatch batch) => Step(_ =>
    {
        foreach (var (slot, holdId) in batch.Holds) Set(slot, slot.State.Undo(holdId));
        return true;
    });

    internal void Bury(ShareSlot slot, IReadOnlyList<long> offsets) => Step(_ =>
    {
        Set(slot, offsets.Aggregate(slot.State, (state, offset) => state.Bury(offset)));
        return true;
    });

    /// <summary>Moves partitions by hand: whatever was given out is forgotten, and so is every member.</summary>
    internal void MoveTo(IReadOnlyList<CommittedOffset> targets) => Step(_ =>
    {
        _members.Clear();
        foreach (var (partition, topicId, nextOffset) in targets)
        {
            if (!_slots.TryGetValue(partition, out var slot) || slot.TopicId != topicId)
                _slots[partition] = slot = new ShareSlot(partition, topicId, SharePartition.At(nextOffset));
            Set(slot, SharePartition.At(nextOffset));
            slot.Written = null;
        }

        Tell();
        return true;
    });

    internal IReadOnlyList<KeyValuePair<string, TimeSpan>> LiveMembers() => Step(_ => _members.Live(Now));

    /// <summary>Every partition as it is, by name and number.</summary>
    internal IReadOnlyList<(ShareSlot Slot, SharePartition State)> States() => Step(_ => _slots.Values.Select(slot => (slot, slot.State)).ToList());

    /// <summary>What is not on disk, or everything, as it is now.</summary>
    internal IReadOnlyList<(ShareSlot Slot, SharePartition State)> Due(bool all = false)
    {
        lock (_lock) return [.. _slots.Values.Where(slot => all || slot.IsDirty).Select(slot => (slot, slot.State))];
    }

    internal void Written(IReadOnlyList<(ShareSlot Slot, SharePartition State)> written)
    {
        lock (_lock)
        {
            foreach (var (slot, state) in written) slot.Written = (state.End, state.Records);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var slot in _slots.Values) slot.Dispose();
            _news.Dispose();
            _settled?.Dispose();
        }
    }

    private T Step<T>(Func<GroupSettings, T> step)
    {
        var rules = settings();
        T result;
        lock (_lock)
        {
            var now = Now;
            foreach (var slot in _slots.Values) Set(slot, slot.State.Expire(now, rules.MaxDeliveriesOrDefault));
            result = step(rules);
        }

        Changed();
        return result;
    }

    private BrokerError Acknowledge(ShareAck ack, Dictionary<(string, int), ShareSlot> slots, GroupSettings rules)
    {
        if (!ShareReceipt.TryParse(ack.Receipt, out var receipt)) return BrokerError.InvalidReceipt;
        if (!slots.TryGetValue((receipt.Incarnation, receipt.Partition), out var slot)) return BrokerError.UnknownTopicOrPartition;
        var (state, offset) = (slot.State, receipt.Offset);
        if (!state.Holds(offset, receipt.HoldId)) return BrokerError.InvalidRecordState;
        _members.TryTouch(state.Records[offset].Hold!.Member, Now, rules.Lease);
        Set(slot, ack.Outcome switch
        {
            ShareOutcome.Accept => state.Accept(offset),
            ShareOutcome.Reject => state.Reject(offset),
            ShareOutcome.Renew => state.Renew(offset, Now + rules.Lease),
            _ => state.Release(offset, ack.Delay > TimeSpan.Zero ? Now + ack.Delay : null, rules.MaxDeliveriesOrDefault),
        });
        return BrokerError.None;
    }

    private void Set(ShareSlot slot, SharePartition next)
    {
        var before = slot.State;
        slot.State = next;
        var hasRoom = before.Records.Count >= MaxInFlight && next.Records.Count < MaxInFlight;
        if (hasRoom || next.Counts.Available > before.Counts.Available) Tell();
        if (_settled is null || next.Counts.Acquired >= before.Counts.Acquired) return;
        _ = _settled.CancelAsync();
        _settled = null;
    }

    // Those who wait go on elsewhere: the lock is held here.
    private void Tell()
    {
        _ = _news.CancelAsync();
        _news = new CancellationTokenSource();
    }
}

/// <summary>Where a partition of a shared group begins.</summary>
/// <param name="Partition">The partition.</param>
/// <param name="TopicId">The topic's identity.</param>
/// <param name="Start">Where the group begins if it has not begun.</param>
/// <param name="LogStartOffset">The first offset that can be read.</param>
/// <param name="HighWatermark">One past the last committed offset.</param>
internal readonly record struct SharePlace(TopicPartition Partition, Guid TopicId, long Start, long LogStartOffset, long HighWatermark);
