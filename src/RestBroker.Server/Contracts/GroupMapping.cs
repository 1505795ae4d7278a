using System.Text.Json;
using RestBroker.Core.Engine;
using RestBroker.Core.Groups;
using RestBroker.Core.Topics;
using RestBroker.Server.Streaming;

namespace RestBroker.Server.Contracts;

/// <summary>Groups between the coordinator's words and the API's.</summary>
internal static class GroupMapping
{
    public static GroupSpec ToSpec(this PutGroupRequest request) => new(
        request.Topics,
        request.Mode,
        request.From is { } from ? ToStart(from, "from") : null,
        request.LeaseSeconds,
        request.MaxDeliveries,
        request.DeadLetterTopic);

    public static GroupResponse ToResponse(this GroupDescription group) => new(
        group.Group,
        group.Settings.Mode,
        group.Settings.Topics,
        group.Settings.From.ToString(),
        group.Settings.LeaseSeconds,
        group.Settings.MaxDeliveries,
        group.Settings.DeadLetterTopic,
        group.Epoch,
        group.Condition,
        [.. group.Members.Select(member => new MemberResponse(member.Member, member.Epoch, member.ExpiresAt, ByTopic(member.Partitions)))]);

    public static GroupSummaryResponse ToSummary(this GroupDescription group) =>
        new(group.Group, group.Settings.Mode, group.Settings.Topics, group.Epoch, group.Condition, group.Members.Count);

    public static GroupLagResponse ToResponse(this GroupLag lag, DateTimeOffset now) => new(
        lag.Group,
        lag.Epoch,
        lag.Partitions.Sum(partition => partition.Lag),
        lag.Partitions.Max(partition => Age(partition, now)),
        [
            .. lag.Partitions.GroupBy(partition => partition.Partition.Topic).Select(topic => new TopicLagResponse(
                topic.Key,
                topic.Sum(partition => partition.Lag),
                [
                    .. topic.Select(partition => new PartitionLagResponse(
                        partition.Partition.Partition,
                        partition.NextOffset,
                        partition.HighWatermark,
                        partition.Lag,
                        partition.Member,
                        Age(partition, now),
                        partition.InFlight is var (acquired, available, delayed, dead) ? new InFlightResponse(acquired, available, delayed, dead) : null)),
                ])),
        ]);

    private static long? Age(PartitionLag lag, DateTimeOffset now) =>
        lag.OldestUnread is { } timestamp ? Math.Max(0, now.ToUnixTimeMilliseconds() - timestamp) : null;

    public static LeaseResponse ToResponse(this GroupLease lease) => new(
        lease.Token.Id, lease.Token.Epoch, ByTopic(lease.Partitions), lease.ExpiresAt, (long)lease.ExpiresIn.TotalMilliseconds);

    public static LeaseToken ToToken(this LeaseRequest lease) => new(lease.Id, lease.Epoch);

    public static OffsetCommit ToCommit(this OffsetRequest offset) => new(new TopicPartition(offset.Topic, offset.Partition), offset.NextOffset);

    public static CommittedOffsetResponse ToResponse(this CommittedOffset offset) =>
        new(offset.Partition.Topic, offset.Partition.Partition, offset.NextOffset);

    public static ResetOffsetResponse ToResponse(this ResetOffset offset) =>
        new(offset.Partition.Topic, offset.Partition.Partition, offset.Previous, offset.NextOffset);

    /// <summary>A place as a string, or a time as a number.</summary>
    public static StartPosition ToStart(this JsonElement place, string name) =>
        StartText.Parse(place.ValueKind == JsonValueKind.String ? place.GetString()! : place.GetRawText(), name);

    /// <summary>Sorted partitions by their topics.</summary>
    public static IReadOnlyList<TopicPartitionsResponse> ByTopic(IEnumerable<TopicPartition> partitions) =>
    [
        .. partitions.GroupBy(partition => partition.Topic)
            .Select(topic => new TopicPartitionsResponse(topic.Key, [.. topic.Select(partition => partition.Partition)])),
    ];
}
