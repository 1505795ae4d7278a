using System.Collections.Immutable;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// Deals the partitions out: counts differ by at most one, and as few as possible leave their owner. A partition that nobody owns
/// stays with the member it was meant for. Pure and deterministic.
/// </summary>
internal static class Assignor
{
    /// <summary>The members with their new targets; partitions beyond <paramref name="maxPerMember"/> go to nobody.</summary>
    internal static ImmutableSortedDictionary<string, GroupMember> Assign(GroupState state, int maxPerMember)
    {
        if (state.Members.IsEmpty) return state.Members;
        var partitions = state.Partitions().Order(PartitionOrder.Instance).ToList();
        var claims = Claims(state, partitions);
        var quotas = Quotas(claims, partitions.Count, maxPerMember);
        var dealt = claims.ToDictionary(claim => claim.Key, claim => claim.Value.Take(quotas[claim.Key]).ToList());
        DealRest(state, partitions.Except(dealt.Values.SelectMany(kept => kept)), dealt, quotas);
        return state.Members.ToImmutableSortedDictionary(
            member => member.Key, member => Retargeted(member.Value, dealt[member.Key]), StringComparer.Ordinal);
    }

    // What each member would like to keep, dearest first: what it owns and is meant to own, what it owns, what is meant for it.
    private static Dictionary<string, List<TopicPartition>> Claims(GroupState state, List<TopicPartition> partitions)
    {
        var owners = state.Owners();
        var exists = partitions.ToHashSet();
        return state.Members.ToDictionary(
            member => member.Key,
            member =>
            {
                var (_, owned, target) = member.Value;
                var free = target.Where(partition => !owners.ContainsKey(partition));
                return owned.Where(member.Value.IsTarget).Concat(owned.Except(target)).Concat(free).Where(exists.Contains).ToList();
            });
    }

    // The members with most claims get the odd partitions, so that the least moves.
    private static Dictionary<string, int> Quotas(Dictionary<string, List<TopicPartition>> claims, int partitionCount, int maxPerMember)
    {
        var (each, odd) = Math.DivRem(partitionCount, claims.Count);
        return claims
            .OrderByDescending(claim => claim.Value.Count).ThenBy(claim => claim.Key, StringComparer.Ordinal)
            .Select((claim, i) => (claim.Key, Quota: Math.Min(each + (i < odd ? 1 : 0), maxPerMember)))
            .ToDictionary(member => member.Key, member => member.Quota);
    }

    private static void DealRest(
        GroupState state, IEnumerable<TopicPartition> rest, Dictionary<string, List<TopicPartition>> dealt, Dictionary<string, int> quotas)
    {
        var meantFor = state.Members
            .SelectMany(member => member.Value.Target, (member, partition) => (partition, member.Key))
            .ToDictionary(target => target.partition, target => target.Key);
        var homeless = new Queue<TopicPartition>();
        foreach (var partition in rest)
        {
            if (meantFor.TryGetValue(partition, out var member) && dealt[member].Count < quotas[member]) dealt[member].Add(partition);
            else homeless.Enqueue(partition);
        }

        foreach (var (member, partitions) in dealt.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            while (partitions.Count < quotas[member] && homeless.TryDequeue(out var partition)) partitions.Add(partition);
        }
    }

    private static GroupMember Retargeted(GroupMember member, List<TopicPartition> target)
    {
        target.Sort(PartitionOrder.Instance);
        return member.Target.SequenceEqual(target) ? member : member with { Target = [.. target] };
    }
}
