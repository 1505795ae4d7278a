using System.Globalization;
using RestBroker.Core.Groups.Shared;

namespace RestBroker.Core.Groups;

/// <summary>What the log of group states says, record by record. Keys of share partitions hold a slash, which no group's name does.</summary>
internal sealed class LoadedGroups
{
    private readonly Dictionary<string, GroupState> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<(Guid TopicId, int Partition), byte[]>> _shares = new(StringComparer.Ordinal);

    /// <summary>By the group's name.</summary>
    internal IReadOnlyDictionary<string, GroupState> States => _states;

    internal static string KeyOf(string group, Guid topicId, int partition) => string.Create(CultureInfo.InvariantCulture, $"{group}/{topicId:N}/{partition}");

    /// <summary>The share partitions of a group, as <see cref="SharePartitionFormat"/> wrote them.</summary>
    internal IReadOnlyDictionary<(Guid TopicId, int Partition), byte[]> SharesOf(string group) => _shares.GetValueOrDefault(group) ?? [];

    /// <summary>Takes the next record.</summary>
    internal void Apply(string key, ReadOnlyMemory<byte>? value)
    {
        if (key.Split('/') is [var group, var topicId, var partition]) ApplyShare(group, (Guid.Parse(topicId), int.Parse(partition, CultureInfo.InvariantCulture)), value);
        else if (value is { } state) _states[key] = GroupStateFormat.Read(state.Span);
        else Remove(key);
    }

    private void ApplyShare(string group, (Guid TopicId, int Partition) share, ReadOnlyMemory<byte>? value)
    {
        if (!_shares.TryGetValue(group, out var shares)) _shares[group] = shares = [];
        if (value is { } state) shares[share] = state.ToArray();
        else shares.Remove(share);
    }

    // A group that is made again under the name begins anew.
    private void Remove(string group)
    {
        _states.Remove(group);
        _shares.Remove(group);
    }
}
