using System.Globalization;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Streaming;

/// <summary>Which partitions a request wants: all of them, those added later too, or those it names.</summary>
internal sealed class PartitionChoice
{
    private readonly SortedSet<int>? _named;

    private PartitionChoice(SortedSet<int>? named) => _named = named;

    public static PartitionChoice All { get; } = new(null);

    public static PartitionChoice Only(int partition) => new([partition]);

    public bool IsAll => _named is null;

    /// <summary>Whether a partition is wanted.</summary>
    public bool Includes(int partition) => _named?.Contains(partition) ?? true;

    /// <summary>Whether a partition is wanted by its number.</summary>
    public bool Names(int partition) => _named?.Contains(partition) ?? false;

    /// <summary>Reads <c>0,2</c>; null is all.</summary>
    /// <exception cref="BrokerException">InvalidRequest.</exception>
    public static PartitionChoice Parse(string? text)
    {
        if (text is null) return All;
        var named = new SortedSet<int>();
        foreach (var part in text.Split(','))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var partition))
                throw new BrokerException(BrokerError.InvalidRequest, $"partitions={text} is not a list of partition numbers. Give it like partitions=0,2.");
            named.Add(partition);
        }

        return new PartitionChoice(named);
    }

    /// <exception cref="BrokerException">InvalidPartitions: the topic has no such partition.</exception>
    public void Check(TopicDescription topic)
    {
        if (_named is null || _named.Max < topic.PartitionCount) return;
        throw new BrokerException(
            BrokerError.InvalidPartitions, $"There is no partition {_named.Max} in {topic.Name}; it has 0 to {topic.PartitionCount - 1}.");
    }
}
