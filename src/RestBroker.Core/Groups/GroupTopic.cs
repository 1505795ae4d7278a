using System.Collections.Immutable;

namespace RestBroker.Core.Groups;

/// <summary>A topic of the group as the group last saw it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Id">Its identity: a topic created again is another.</param>
/// <param name="PartitionCount">How many partitions it had.</param>
/// <param name="Starts">
/// Where to begin in partition 0, 1, … as the group's <c>from</c> was resolved when the group began to read the topic: once, so that
/// <c>latest</c> stays where it was. A partition beyond the array came later and is read from the log start, or what was produced
/// before the group noticed it would be skipped.
/// </param>
internal sealed record GroupTopic(string Name, Guid Id, int PartitionCount, ImmutableArray<long> Starts)
{
    internal long? StartOf(int partition) => partition < Starts.Length ? Starts[partition] : null;

    public bool Equals(GroupTopic? other) =>
        other is not null && Name == other.Name && Id == other.Id && PartitionCount == other.PartitionCount && Starts.SequenceEqual(other.Starts);

    public override int GetHashCode() => HashCode.Combine(Name, Id, PartitionCount);
}
