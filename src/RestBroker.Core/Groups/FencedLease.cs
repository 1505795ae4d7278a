using System.Diagnostics.CodeAnalysis;
using RestBroker.Core.Engine;

namespace RestBroker.Core.Groups;

/// <summary>A refusal with <c>LeaseFenced</c>: nothing was changed.</summary>
/// <param name="Detail">What was asked, what holds, what to do.</param>
/// <param name="StillOwned">
/// What the member's name still owns of what was asked, or all it owns where nothing was; it can be committed as it stands with the
/// lease that counts. Empty where the member has expired.
/// </param>
public sealed record FencedLease(string Detail, IReadOnlyList<CommittedOffset> StillOwned);

/// <summary>An answer that only the holder of a valid lease gets. A face turns the other case into <c>LeaseFenced</c> with a cursor.</summary>
public readonly record struct Fenceable<T>(T? Value, FencedLease? Fenced)
    where T : class
{
    /// <summary>Whether the lease was refused.</summary>
    [MemberNotNullWhen(true, nameof(Fenced))]
    [MemberNotNullWhen(false, nameof(Value))]
    public bool IsFenced => Fenced is not null;

    internal static Fenceable<T> Of(T value) => new(value, null);

    internal static Fenceable<T> Refused(FencedLease fenced) => new(null, fenced);
}
