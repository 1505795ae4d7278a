using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// A group in memory: the state machine, the committed offsets and who waits for news, under one lock. A step is computed under the
/// lock and written outside it; nobody is answered before what the answer rests on is on disk. Because a commit is checked and counted
/// in one step, a member that was fenced before can change nothing after, and a new owner never reads an older offset. Thread-safe.
/// </summary>
internal sealed class LiveGroup : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly Dictionary<string, Watch> _watches = new(StringComparer.Ordinal);
    private readonly CoalescingWriter _stateWriter;
    private readonly CoalescingWriter _offsetWriter;
    private readonly OffsetVector _offsets;
    private ConsumerGroup _group;
    private GroupState? _written;
    private bool _isDeleted;

    /// <param name="name">Its name.</param>
    /// <param name="group">Its state.</param>
    /// <param name="offsets">Its committed offsets.</param>
    /// <param name="stores">Where both are written.</param>
    /// <param name="time">The clock of leases.</param>
    internal LiveGroup(string name, ConsumerGroup group, OffsetVector offsets, GroupStores stores, TimeProvider time)
    {
        Name = name;
        _time = time;
        _group = group;
        _offsets = offsets;
        _stateWriter = new CoalescingWriter(() => WriteStateAsync(stores.Log));
        _offsetWriter = new CoalescingWriter(() => WriteOffsetsAsync(stores.Engine));
    }

    internal string Name { get; }

    /// <summary>What a shared group has besides; null in a partitioned one.</summary>
    internal ShareKeeper? Keeper { get; set; }

    /// <summary>The monotonic clock.</summary>
    internal TimeSpan Now => Stopwatch(_time);

    internal static TimeSpan Stopwatch(TimeProvider time) => time.GetElapsedTime(0);

    /// <summary>Marks the state as being on disk already.</summary>
    internal void AssumeWritten() => _written = _group.State;

    /// <summary>Lets leases end, then takes one step: a pure function of the group and a few changes of the offsets.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound once it is deleted; whatever the step refuses, which then changes nothing.</exception>
    internal T Step<T>(Func<ConsumerGroup, OffsetVector, (ConsumerGroup Next, T Result)> step)
    {
        lock (_lock)
        {
            if (_isDeleted) throw NotFound(Name);
            var (next, result) = step(_group.Expire(Now), _offsets);
            var isChanged = !ReferenceEquals(next.State, _group.State);
            _group = next;
            if (isChanged) NotifyWatches();
            return result;
        }
    }

    /// <summary>Looks at the group after letting leases end.</summary>
    internal T Look<T>(Func<ConsumerGroup, OffsetVector, T> look) => Step((group, offsets) => (group, look(group, offsets)));

    /// <summary>A token that is cancelled when this lease has news; one a member, the newest lease's.</summary>
    internal CancellationToken Watch(string member, LeaseToken lease)
    {
        lock (_lock)
        {
            if (_group.HasNews(member, lease, Owners())) return new CancellationToken(canceled: true);
            if (_watches.TryGetValue(member, out var watch) && watch.Lease == lease) return watch.News.Token;
            watch?.Tell();
            _watches[member] = watch = new Watch(lease, new CancellationTokenSource());
            return watch.News.Token;
        }
    }

    /// <summary>Completes when every step taken before this call is on disk, but for committed offsets.</summary>
    internal Task SaveStateAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (ReferenceEquals(_written, _group.State)) return Task.CompletedTask;
        }

        return _stateWriter.WriteAsync(cancellationToken);
    }

    /// <summary>Completes when every offset committed before this call is on disk.</summary>
    internal Task SaveOffsetsAsync(CancellationToken cancellationToken) => _offsetWriter.WriteAsync(cancellationToken);

    /// <summary>Writes the state again, for the sake of dropping its older records.</summary>
    internal async Task RewriteAsync(CancellationToken cancellationToken)
    {
        await _stateWriter.WriteAsync(cancellationToken);
        if (Keeper is not null) await Keeper.RewriteAsync(cancellationToken);
    }

    /// <summary>Makes committed offsets those of a shared group's partitions, for the next write of offsets.</summary>
    internal void Place(IReadOnlyList<CommittedOffset> offsets)
    {
        lock (_lock)
        {
            foreach (var offset in offsets.Where(offset => _offsets.NextOffset(offset.Partition, offset.TopicId) != offset.NextOffset)) _offsets.Set(offset);
        }
    }

    /// <summary>From here on the group is not found, unless it has live members; those are returned, and nothing happens.</summary>
    internal ConsumerGroup? TryClose()
    {
        lock (_lock)
        {
            var group = _group.Expire(Now);
            if (!group.State.Members.IsEmpty) return group;
            SetDeleted(true);
            return null;
        }
    }

    /// <summary>Completes when nothing of a closed group is being written any more.</summary>
    internal async Task DrainAsync()
    {
        if (Keeper is not null) await Keeper.CloseAsync();
        await _stateWriter.WriteAsync(CancellationToken.None);
        await _offsetWriter.WriteAsync(CancellationToken.None);
    }

    /// <summary>The deletion failed: the group is there again.</summary>
    internal void Reopen()
    {
        SetDeleted(false);
        Keeper?.Reopen();
    }

    public void Dispose()
    {
        Keeper?.Dispose();
        _stateWriter.Dispose();
        _offsetWriter.Dispose();
    }

    internal static BrokerException NotFound(string name) =>
        new(BrokerError.GroupIdNotFound, $"There is no group '{name}': create it with PUT /v1/groups/{name}.");

    private void SetDeleted(bool isDeleted)
    {
        lock (_lock)
        {
            _isDeleted = isDeleted;
            _written = null;
            foreach (var watch in _watches.Values) watch.Tell();
            _watches.Clear();
        }
    }

    private void NotifyWatches()
    {
        if (_watches.Count == 0) return;
        var owners = Owners();
        foreach (var (member, watch) in _watches)
        {
            if (!_group.HasNews(member, watch.Lease, owners)) continue;
            watch.Tell();
            _watches.Remove(member);
        }
    }

    private Lazy<Dictionary<TopicPartition, string>> Owners() => new(_group.State.Owners);

    private async Task WriteStateAsync(GroupLog log)
    {
        GroupState state;
        lock (_lock)
        {
            if (_isDeleted) return;
            state = _group.State;
        }

        await log.WriteAsync(Name, state);
        lock (_lock) _written = state;
    }

    private async Task WriteOffsetsAsync(ILogEngine engine)
    {
        IReadOnlyList<CommittedOffset> due;
        bool mustForget;
        lock (_lock) (due, mustForget) = _isDeleted ? ([], false) : (_offsets.Due(), _offsets.MustForget);
        if (mustForget)
        {
            await engine.DeleteCommittedOffsetsAsync(Name, CancellationToken.None);
            lock (_lock) _offsets.Forgotten();
        }

        if (due.Count == 0) return;
        await engine.CommitOffsetsAsync(Name, due, CancellationToken.None);
        lock (_lock) _offsets.Written(due);
    }
}

/// <summary>A lease whose holder waits for news.</summary>
internal sealed record Watch(LeaseToken Lease, CancellationTokenSource News)
{
    // Those who wait go on elsewhere: the group's lock is held here.
    internal void Tell() => _ = News.CancelAsync();
}

/// <summary>Where groups are written.</summary>
/// <param name="Log">Their states.</param>
/// <param name="Engine">Their committed offsets.</param>
internal sealed record GroupStores(GroupLog Log, ILogEngine Engine);
