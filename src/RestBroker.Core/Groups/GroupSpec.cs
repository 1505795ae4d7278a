using RestBroker.Core.Engine;

namespace RestBroker.Core.Groups;

/// <summary>A group as somebody asks for it; what is null keeps its value, or has its default in a new group.</summary>
/// <param name="Topics">What the group reads; a new group needs at least one. A topic that does not exist yet is read once it does.</param>
/// <param name="Mode">How its members share; default <see cref="GroupMode.Partitioned"/>.</param>
/// <param name="From">Where it begins; default <see cref="StartPosition.Earliest"/>.</param>
/// <param name="LeaseSeconds">How long a member may be silent; default <see cref="GroupConfig.DefaultLeaseSeconds"/>.</param>
/// <param name="MaxDeliveries">Shared groups only: how often a record is given out; default <see cref="GroupConfig.DefaultMaxDeliveries"/>.</param>
/// <param name="DeadLetterTopic">Shared groups only: a topic that exists; empty = none. Without one, records that cannot be done are dropped.</param>
public sealed record GroupSpec(
    IReadOnlyList<string>? Topics = null,
    GroupMode? Mode = null,
    StartPosition? From = null,
    int? LeaseSeconds = null,
    int? MaxDeliveries = null,
    string? DeadLetterTopic = null);
