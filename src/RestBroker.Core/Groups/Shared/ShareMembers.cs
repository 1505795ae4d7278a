namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// Who takes part in a shared group: whoever fetched or acknowledged within a lease. Nothing rests on it but the view from outside, so it
/// is kept in memory only. Caller holds the lock of the <see cref="LiveShare"/>.
/// </summary>
internal sealed class ShareMembers(int maxMembers)
{
    private readonly SortedDictionary<string, TimeSpan> _expiries = new(StringComparer.Ordinal);

    /// <summary>Notes a sign of life; false where there are as many members as allowed.</summary>
    internal bool TryTouch(string member, TimeSpan now, TimeSpan lease)
    {
        if (!_expiries.ContainsKey(member) && Live(now).Count >= maxMembers) return false;
        _expiries[member] = now + lease;
        return true;
    }

    internal bool Remove(string member) => _expiries.Remove(member);

    internal void Clear() => _expiries.Clear();

    /// <summary>Those who are not silent for too long, by name, and until when.</summary>
    internal IReadOnlyList<KeyValuePair<string, TimeSpan>> Live(TimeSpan now)
    {
        foreach (var (member, _) in _expiries.Where(entry => entry.Value <= now).ToList()) _expiries.Remove(member);
        return [.. _expiries];
    }
}
