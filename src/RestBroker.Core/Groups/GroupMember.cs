using System.Collections.Immutable;
using System.Text.Json.Serialization;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>A member: a name that the caller chose and the lease it holds. Immutable.</summary>
/// <param name="Lease">The lease that counts; every other one under this name is fenced.</param>
/// <param name="Owned">What the member may fetch and commit, sorted. Changes only when the member itself fetches.</param>
/// <param name="Target">What it is to own in the end, sorted.</param>
internal sealed record GroupMember(
    LeaseToken Lease,
    [property: JsonConverter(typeof(PartitionsJsonConverter))] ImmutableArray<TopicPartition> Owned,
    [property: JsonConverter(typeof(PartitionsJsonConverter))] ImmutableArray<TopicPartition> Target)
{
    /// <summary>Whether it owns all it is to own and nothing else.</summary>
    [JsonIgnore]
    internal bool IsSettled => Owned.AsSpan().SequenceEqual(Target.AsSpan());

    internal bool Owns(TopicPartition partition) => Owned.BinarySearch(partition, PartitionOrder.Instance) >= 0;

    internal bool IsTarget(TopicPartition partition) => Target.BinarySearch(partition, PartitionOrder.Instance) >= 0;
}
