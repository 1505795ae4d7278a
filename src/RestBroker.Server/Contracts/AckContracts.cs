using System.Text.Json.Serialization;
using RestBroker.Core.Groups.Shared;

namespace RestBroker.Server.Contracts;

/// <summary>What a member of a shared group says of records it holds.</summary>
public sealed record AckGroupRequest
{
    /// <summary>One entry a record, 1 to 10,000; each holds by itself, in this order.</summary>
    public required IReadOnlyList<AckRequest> Acks { get; init; }
}

/// <summary>What a member says of one record.</summary>
public sealed record AckRequest
{
    /// <summary>As it came with the record.</summary>
    /// <example>k3f9a2q0.0.17.9f3c2a7be01d4455</example>
    public required string Receipt { get; init; }

    /// <summary>
    /// <c>accept</c>: done. <c>release</c>: somebody gets it again, at once or after the delay. <c>reject</c>: it can never be done and
    /// goes to the dead letters. <c>renew</c>: it takes longer, the hold begins anew.
    /// </summary>
    /// <example>accept</example>
    public required ShareOutcome Outcome { get; init; }

    /// <summary>With <c>release</c>: for how long nobody gets it, 0 to 86400; default 0.</summary>
    public double? DelaySeconds { get; init; }
}

/// <summary>What became of each, in the order of the request.</summary>
/// <param name="Results">One entry a record.</param>
public sealed record AckGroupResponse(IReadOnlyList<AckResponse> Results);

/// <summary>What became of what was said of a record: exactly one of outcome and code.</summary>
/// <param name="Receipt">As it was given.</param>
/// <param name="Outcome">It holds, on disk.</param>
/// <param name="Code">
/// Nothing was changed: <c>invalid-record-state</c> (the record is not held under this receipt any more: its time was over, or it was
/// acknowledged before), <c>invalid-receipt</c>, or <c>unknown-topic-or-partition</c> (the topic is gone).
/// </param>
public sealed record AckResponse(
    string Receipt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ShareOutcome? Outcome,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code);
