using System.Collections.Immutable;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// The rules of a partitioned group, as a pure state machine: every verb gives the group as it is afterwards. Immutable; no clock,
/// no I/O. Where <see cref="State"/> is another object than before, it must be on disk before anybody is answered.
/// </summary>
/// <remarks>
/// Hand-over as in KIP-848: a change of members or topics changes targets at once, but what a member <em>owns</em> changes only when
/// that member fetches (it gives up what is no longer meant for it, then takes what is meant for it and free), leaves or
/// expires. So between two calls a member's rights never shrink unless its lease ends, and no partition ever has two owners.
/// </remarks>
/// <param name="State">What survives a restart.</param>
/// <param name="Expiries">When each member's lease ends on the monotonic clock; in memory only.</param>
/// <param name="MaxPartitionsPerMember">See <see cref="GroupConfig.MaxPartitionsPerMember"/>.</param>
internal sealed record ConsumerGroup(GroupState State, ImmutableDictionary<string, TimeSpan> Expiries, int MaxPartitionsPerMember)
{
    /// <summary>When the next lease ends; null where there is none.</summary>
    internal TimeSpan? NextExpiry => Expiries.IsEmpty ? null : Expiries.Values.Min();

    /// <summary>A group as it was loaded: every lease has its full time again.</summary>
    internal static ConsumerGroup Load(GroupState state, TimeSpan now, int maxPartitionsPerMember) =>
        new(state, state.Members.Keys.ToImmutableDictionary(name => name, _ => now + state.Settings.Lease), maxPartitionsPerMember);

    /// <summary>Removes the members whose lease has ended.</summary>
    internal ConsumerGroup Expire(TimeSpan now)
    {
        var ended = Expiries.Where(expiry => expiry.Value <= now).Select(expiry => expiry.Key).ToList();
        return ended.Count == 0 ? this : Without(ended);
    }

    /// <summary>Begins a new lease under a name: keeps what the name owns, fences the lease before, and fetches.</summary>
    internal ConsumerGroup Join(string name, string leaseId, TimeSpan now)
    {
        var lease = new LeaseToken(leaseId, State.Epoch + 1);
        var known = State.Members.GetValueOrDefault(name);
        var member = known is null ? new GroupMember(lease, [], []) : known with { Lease = lease };
        var next = this with { State = State with { Epoch = lease.Epoch, Members = State.Members.SetItem(name, member) } };
        return (known is null ? next.Retargeted() : next).Fetch(name, now);
    }

    /// <summary>Renews the lease of a member that holds one, gives up what is no longer meant for it and takes what is free.</summary>
    internal ConsumerGroup Fetch(string name, TimeSpan now)
    {
        var member = State.Members[name];
        var next = Renew(name, now);
        if (member.IsSettled) return next;
        var owners = State.Owners();
        var owned = member.Target.Where(partition => !owners.TryGetValue(partition, out var owner) || owner == name).ToImmutableArray();
        if (owned.SequenceEqual(member.Owned)) return next;
        return next with { State = State with { Members = State.Members.SetItem(name, member with { Owned = owned }) } };
    }

    /// <summary>Renews the lease of a member that holds one, and nothing else.</summary>
    internal ConsumerGroup Renew(string name, TimeSpan now) => this with { Expiries = Expiries.SetItem(name, now + State.Settings.Lease) };

    /// <summary>Ends a member's lease now.</summary>
    internal ConsumerGroup Leave(string name) => Without([name]);

    /// <summary>Ends every lease now and begins a new epoch in any case.</summary>
    internal ConsumerGroup Fence() => Without(State.Members.Keys) is var next && !ReferenceEquals(next, this)
        ? next
        : this with { State = State with { Epoch = State.Epoch + 1 } };

    /// <summary>Takes new settings and the topics as they are now.</summary>
    internal ConsumerGroup Configure(GroupSettings settings, ImmutableArray<GroupTopic> topics) =>
        settings.Equals(State.Settings)
            ? Observe(topics)
            : (this with { State = State with { Settings = settings, Epoch = State.Epoch + 1 } }).Observe(topics);

    /// <summary>Takes the topics of the settings as they are now: some came, some grew, some are gone.</summary>
    internal ConsumerGroup Observe(ImmutableArray<GroupTopic> topics)
    {
        if (topics.SequenceEqual(State.Topics)) return this;
        var state = State with { Topics = topics, Epoch = State.Epoch + 1 };
        var exists = state.Partitions().ToHashSet();
        var members = state.Members.ToImmutableSortedDictionary(
            member => member.Key,
            member => member.Value with { Owned = member.Value.Owned.RemoveAll(partition => !exists.Contains(partition)) },
            StringComparer.Ordinal);
        return (this with { State = state with { Members = members } }).Retargeted();
    }

    /// <summary>Whether a member may fetch or commit with this lease; the caller has let <see cref="Expire"/> run.</summary>
    internal bool Holds(string name, LeaseToken lease) => State.Members.TryGetValue(name, out var member) && member.Lease == lease;

    /// <summary>Whether a fetch would change what this lease owns, or find it fenced; <paramref name="owners"/> are the state's.</summary>
    internal bool HasNews(string name, LeaseToken lease, Lazy<Dictionary<TopicPartition, string>> owners)
    {
        if (!Holds(name, lease)) return true;
        var member = State.Members[name];
        return !member.IsSettled
            && (member.Owned.Any(partition => !member.IsTarget(partition))
                || member.Target.Any(partition => !owners.Value.ContainsKey(partition)));
    }

    private ConsumerGroup Without(IEnumerable<string> names)
    {
        var members = State.Members.RemoveRange(names);
        if (members.Count == State.Members.Count) return this;
        var next = new ConsumerGroup(
            State with { Members = members, Epoch = State.Epoch + 1 }, Expiries.RemoveRange(names), MaxPartitionsPerMember);
        return next.Retargeted();
    }

    private ConsumerGroup Retargeted() => this with { State = State with { Members = Assignor.Assign(State, MaxPartitionsPerMember) } };
}
