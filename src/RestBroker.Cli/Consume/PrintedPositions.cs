using System.Runtime.InteropServices;
using RestBroker.Cli.Client;

namespace RestBroker.Cli.Consume;

/// <summary>
/// What was printed and whose commit is not confirmed. Where a commit was lost on its way, the group hands those records out again, and
/// they must not be printed again. Confirmed positions are forgotten: a reset of the group may lead back before them on purpose.
/// </summary>
internal sealed class PrintedPositions
{
    private readonly Dictionary<(string Topic, int Partition), long> _nextOffsets = [];

    public bool Contains(in FetchedRecord record) =>
        _nextOffsets.TryGetValue((record.Topic, record.Partition), out var next) && record.Offset < next;

    public void Add(in FetchedRecord record) =>
        CollectionsMarshal.GetValueRefOrAddDefault(_nextOffsets, (record.Topic, record.Partition), out _) = record.Offset + 1;

    /// <summary>Forgets what the group has stored; a partition that was lost before its commit stays.</summary>
    public void Confirm(IReadOnlyList<PartitionOffset> stored)
    {
        foreach (var (topic, partition, nextOffset) in stored)
        {
            if (_nextOffsets.TryGetValue((topic, partition), out var printed) && printed <= nextOffset) _nextOffsets.Remove((topic, partition));
        }
    }

    public IReadOnlyList<PartitionOffset> ToOffsets() =>
        [.. _nextOffsets.Select(entry => new PartitionOffset(entry.Key.Topic, entry.Key.Partition, entry.Value))];
}
