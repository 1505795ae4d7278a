using RestBroker.Core.Groups;

namespace RestBroker.Server.Streaming;

/// <summary>A fetch inside a group, checked.</summary>
/// <param name="Group">The group, which exists.</param>
/// <param name="Member">The member's name.</param>
/// <param name="Lease">The lease that it holds; null = it joins.</param>
/// <param name="Cursor">Where it has read to without committing; null = from the committed offsets.</param>
/// <param name="Wishes">How much, and how long to wait.</param>
/// <param name="AutoCommit">Whether what is read is committed before it is given out.</param>
internal sealed record GroupFetch(string Group, string Member, LeaseToken? Lease, string? Cursor, ReadWishes Wishes, bool AutoCommit);
