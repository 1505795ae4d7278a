using System.Globalization;
using RestBroker.Cli.Client;

namespace RestBroker.Cli.Groups;

/// <summary>The columns of kafka-consumer-groups.sh, as wide as their widest cell.</summary>
internal static class GroupLines
{
    public static IEnumerable<string> Describe(GroupLag group) => Align(
        ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID"],
        group.Topics.SelectMany(topic => topic.Partitions, (topic, partition) => (string[])
        [
            group.Group,
            topic.Topic,
            Number(partition.Partition),
            Number(partition.NextOffset),
            Number(partition.HighWatermark),
            Number(partition.Lag),
            partition.Member ?? "-",
        ]));

    public static IEnumerable<string> DescribeShared(GroupLag group) => Align(
        ["GROUP", "TOPIC", "PARTITION", "START-OFFSET", "LOG-END-OFFSET", "LAG", "ACQUIRED", "AVAILABLE", "DELAYED", "DEAD"],
        group.Topics.SelectMany(topic => topic.Partitions, (topic, partition) => (string[])
        [
            group.Group,
            topic.Topic,
            Number(partition.Partition),
            Number(partition.NextOffset),
            Number(partition.HighWatermark),
            Number(partition.Lag),
            Number(partition.InFlight?.Acquired),
            Number(partition.InFlight?.Available),
            Number(partition.InFlight?.Delayed),
            Number(partition.InFlight?.Dead),
        ]));

    public static IEnumerable<string> Reset(string group, ResetAnswer answer) => Align(
        ["GROUP", "TOPIC", "PARTITION", "OLD-OFFSET", "NEW-OFFSET"],
        answer.Offsets.Select(offset => (string[])
            [group, offset.Topic, Number(offset.Partition), Number(offset.Previous), Number(offset.NextOffset)]));

    private static IEnumerable<string> Align(string[] head, IEnumerable<string[]> body)
    {
        string[][] rows = [head, .. body];
        var widths = head.Select((_, column) => rows.Max(row => row[column].Length)).ToArray();
        return rows.Select(row => string.Join(' ', row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
