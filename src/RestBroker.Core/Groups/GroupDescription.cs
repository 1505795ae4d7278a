using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>Where a group is between two assignments, in KIP-848's words.</summary>
public enum GroupCondition
{
    /// <summary>It has no members.</summary>
    Empty,

    /// <summary>Partitions are on their way from one member to another.</summary>
    Reconciling,

    /// <summary>Every member owns what it is meant to own.</summary>
    Stable,
}

/// <summary>A group as it is.</summary>
/// <param name="Group">Its name.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Epoch">Rises with every change of settings, topics, members and leases.</param>
/// <param name="Condition">Whether it is at rest.</param>
/// <param name="Members">In the order of their names.</param>
public sealed record GroupDescription(
    string Group, GroupSettings Settings, int Epoch, GroupCondition Condition, IReadOnlyList<MemberDescription> Members);

/// <summary>A member as it is.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Epoch">The epoch of its lease.</param>
/// <param name="ExpiresAt">When its lease ends, by the wall clock.</param>
/// <param name="Partitions">What it owns, sorted; empty in a shared group, where it may get records of every partition.</param>
public sealed record MemberDescription(string Member, int Epoch, DateTimeOffset ExpiresAt, IReadOnlyList<TopicPartition> Partitions);

/// <summary>A question for a page of groups in the order of their names (ordinal).</summary>
/// <param name="Prefix">Only names that begin so; empty = all.</param>
/// <param name="After">Only names that follow this one; null = from the first.</param>
/// <param name="Limit">At most this many, from 1.</param>
public sealed record GroupQuery(string Prefix, string? After, int Limit);

/// <summary>A page of groups.</summary>
/// <param name="Groups">In the order of their names.</param>
/// <param name="HasMore">Whether names follow the last one.</param>
public sealed record GroupPage(IReadOnlyList<GroupDescription> Groups, bool HasMore);
