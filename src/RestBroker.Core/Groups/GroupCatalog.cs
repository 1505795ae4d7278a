using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Groups.Shared;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups;

/// <summary>
/// Every group of the broker: create, change, list, describe, delete. Call <see cref="StartAsync"/> once before anything else.
/// Thread-safe.
/// </summary>
public sealed partial class GroupCatalog(ILogEngine engine, GroupConfig config, TimeProvider time, ILogger<GroupCatalog> logger) : IDisposable
{
    private const int RewritesAtOnce = 64;

    private readonly ConcurrentDictionary<string, LiveGroup> _groups = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _creation = new(1, 1);
    private readonly SemaphoreSlim _shortening = new(1, 1);
    private readonly GroupStores _stores = new(new GroupLog(engine, time), engine);
    private readonly GroupTopics _topics = new(engine);

    internal ILogEngine Engine => engine;

    internal GroupConfig Config => config;

    internal TimeProvider Time => time;

    internal GroupTopics Topics => _topics;

    /// <summary>Loads what is on disk. Every lease has its full time again.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var loaded = await _stores.Log.LoadAsync(cancellationToken);
        foreach (var (name, state) in loaded.States)
        {
            var members = state.Members.ToImmutableSortedDictionary(StringComparer.Ordinal);
            var group = Live(name, state with { Members = members }, await engine.FetchCommittedOffsetsAsync(name, cancellationToken));
            group.AssumeWritten();
            group.Keeper?.Load(state, loaded.SharesOf(name));
            _groups[name] = group;
        }

        Log.Loaded(logger, _groups.Count);
    }

    /// <summary>Creates a group or changes its settings; what the request leaves out stays. A group that changes begins a new epoch.</summary>
    /// <exception cref="BrokerException">InvalidName, InvalidTopic, InvalidRange, InvalidConfig, ReservedName, GroupTypeMismatch,
    /// NotSupportedByEngine, LimitReached, StorageFailed, DiskFull.</exception>
    public async ValueTask<(GroupDescription Group, bool IsCreated)> PutAsync(string name, GroupSpec spec, CancellationToken cancellationToken)
    {
        TopicName.RequireMemberOrGroup(name, "group");
        await _creation.WaitAsync(cancellationToken);
        try
        {
            return _groups.TryGetValue(name, out var group)
                ? (await ChangeAsync(group, spec, cancellationToken), false)
                : (await CreateAsync(name, spec, cancellationToken), true);
        }
        finally
        {
            _creation.Release();
        }
    }

    /// <summary>A group as it is; null = there is none.</summary>
    public GroupDescription? Find(string name) => _groups.TryGetValue(name, out var group) ? Describe(group) : null;

    /// <summary>A group as it is.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound.</exception>
    public GroupDescription Describe(string name) => Describe(Require(name));

    /// <summary>A page of groups.</summary>
    public GroupPage List(GroupQuery query)
    {
        var found = _groups.Values
            .Where(group => group.Name.StartsWith(query.Prefix, StringComparison.Ordinal) && string.CompareOrdinal(group.Name, query.After) > 0)
            .OrderBy(group => group.Name, StringComparer.Ordinal)
            .Take(query.Limit + 1)
            .ToList();
        return new GroupPage([.. found.Take(query.Limit).Select(Describe)], found.Count > query.Limit);
    }

    /// <summary>Deletes a group and its committed offsets.</summary>
    /// <exception cref="BrokerException">GroupIdNotFound, GroupActive, StorageFailed, DiskFull.</exception>
    public async ValueTask DeleteAsync(string name, CancellationToken cancellationToken)
    {
        await _creation.WaitAsync(cancellationToken);
        try
        {
            var group = Require(name);
            if (group.Keeper?.Share.LiveMembers() is { Count: > 0 } members) throw Active(name, [.. members.Select(member => member.Key)]);
            if (group.TryClose() is { } active) throw Active(name, [.. active.State.Members.Keys]);
            await EraseAsync(group);
            _groups.TryRemove(name, out _);
            Log.Deleted(logger, name);
        }
        finally
        {
            _creation.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var group in _groups.Values) group.Dispose();
        _creation.Dispose();
        _shortening.Dispose();
    }

    internal static BrokerException Active(string name, IReadOnlyCollection<string> members) =>
        new(BrokerError.GroupActive, $"Group '{name}' has live members ({string.Join(", ", members.Take(3))}"
            + $"{(members.Count > 3 ? ", …" : "")}): let them leave or wait until their leases end.");

    internal LiveGroup Require(string name) => _groups.TryGetValue(name, out var group) ? group : throw LiveGroup.NotFound(name);

    /// <exception cref="BrokerException">GroupIdNotFound, GroupTypeMismatch.</exception>
    internal LiveGroup RequirePartitioned(string name) => Require(name) is { Keeper: null } group ? group : throw new BrokerException(
        BrokerError.GroupTypeMismatch, $"Group '{name}' is shared: its members have no leases and commit nothing; they acknowledge records with POST /v1/groups/{name}/ack.");

    /// <exception cref="BrokerException">GroupIdNotFound, GroupTypeMismatch.</exception>
    internal (LiveGroup Group, ShareKeeper Keeper) RequireShared(string name) => Require(name) is { Keeper: { } keeper } group ? (group, keeper) : throw new BrokerException(
        BrokerError.GroupTypeMismatch, $"Group '{name}' is partitioned: its members commit positions with POST /v1/groups/{name}/commit, and records have no receipts.");

    /// <summary>Puts a group's state on disk, and keeps the log of states short.</summary>
    internal async ValueTask SaveAsync(LiveGroup group, CancellationToken cancellationToken)
    {
        await group.SaveStateAsync(cancellationToken);
        if (_stores.Log.Bytes >= config.RewriteBytes && _shortening.Wait(0, CancellationToken.None)) await ShortenAsync();
    }

    /// <summary>Puts what a shared group has changed on disk, and keeps the log of states short.</summary>
    internal async ValueTask SaveAsync(ShareKeeper keeper, CancellationToken cancellationToken)
    {
        await keeper.SaveAsync(cancellationToken);
        if (_stores.Log.Bytes >= config.RewriteBytes && _shortening.Wait(0, CancellationToken.None)) await ShortenAsync();
    }

    private async Task ShortenAsync()
    {
        try
        {
            await _stores.Log.ShortenAsync(() => Parallel.ForEachAsync(
                _groups.Values,
                new ParallelOptions { MaxDegreeOfParallelism = RewritesAtOnce },
                async (group, token) => await group.RewriteAsync(token)));
        }
        catch (BrokerException e)
        {
            // The states are on disk, only more of them than need be; the next save tries again.
            Log.NotShortened(logger, e);
        }
        finally
        {
            _shortening.Release();
        }
    }

    private async Task<GroupDescription> CreateAsync(string name, GroupSpec spec, CancellationToken cancellationToken)
    {
        if (_groups.Count >= config.MaxGroups)
            throw new BrokerException(BrokerError.LimitReached, $"There are {config.MaxGroups} groups, as many as allowed: delete one first.");
        var settings = GroupSettings.Of(spec, null, config);
        await RequireDeadLetterTopicAsync(settings, cancellationToken);
        var topics = await _topics.BeginAsync(settings, null, cancellationToken);
        var group = Live(name, new GroupState(settings, 1, topics, GroupState.NoMembers), []);
        // Known before it is written: the log of states may be rewritten meanwhile and drops whom it does not know.
        _groups[name] = group;
        try
        {
            await SaveAsync(group, CancellationToken.None);
        }
        catch
        {
            _groups.TryRemove(name, out _);
            throw;
        }

        Log.Created(logger, name);
        return Describe(group);
    }

    private async Task<GroupDescription> ChangeAsync(LiveGroup group, GroupSpec spec, CancellationToken cancellationToken)
    {
        var current = group.Look((state, _) => state.State);
        var settings = GroupSettings.Of(spec, current.Settings, config);
        if (!settings.Equals(current.Settings))
        {
            await RequireDeadLetterTopicAsync(settings, cancellationToken);
            var topics = await _topics.BeginAsync(settings, current, cancellationToken);
            group.Step((state, _) => (state.Configure(settings, topics), true));
            Log.Changed(logger, group.Name);
        }

        await SaveAsync(group, cancellationToken);
        return Describe(group);
    }

    // No route but produce creates a topic, and a group that only finds out when the first record dies helps nobody.
    private async ValueTask RequireDeadLetterTopicAsync(GroupSettings settings, CancellationToken cancellationToken)
    {
        if (settings.DeadLetterTopic is not { } name) return;
        if (await engine.DescribeTopicAsync(name, cancellationToken) is { } topic)
        {
            if (!topic.Config.CleanupPolicy.HasFlag(CleanupPolicy.Compact)) return;
            var reason = $"'{name}' is compacted: of the dead letters of a key it would keep the last alone. Give a topic that is not.";
            throw new BrokerException(BrokerError.InvalidConfig, reason) { Errors = [new FieldError("/deadLetterTopic", BrokerError.InvalidConfig, reason)] };
        }

        var detail = $"There is no topic '{name}' for dead letters: create it first.";
        throw new BrokerException(BrokerError.UnknownTopicOrPartition, detail)
        {
            Errors = [new FieldError("/deadLetterTopic", BrokerError.UnknownTopicOrPartition, detail)],
        };
    }

    private async Task EraseAsync(LiveGroup group)
    {
        try
        {
            await group.DrainAsync();
            // Offsets first: a group that is made again under the name must not inherit them.
            await engine.DeleteCommittedOffsetsAsync(group.Name, CancellationToken.None);
            await _stores.Log.DeleteAsync(group.Name, group.Keeper?.Slots ?? []);
        }
        catch
        {
            group.Reopen();
            throw;
        }
    }

    private GroupDescription Describe(LiveGroup group)
    {
        if (group.Keeper is { } keeper) return DescribeShared(group, keeper.Share.LiveMembers());
        return group.Look((live, _) => new GroupDescription(
            group.Name,
            live.State.Settings,
            live.State.Epoch,
            live.State.Members.IsEmpty ? GroupCondition.Empty
                : live.State.Members.Values.All(member => member.IsSettled) ? GroupCondition.Stable
                : GroupCondition.Reconciling,
            [
                .. live.State.Members.Select(member => new MemberDescription(
                    member.Key, member.Value.Lease.Epoch, ExpiresAt(live.Expiries[member.Key], group), member.Value.Owned)),
            ]));
    }

    // Every member may get records of every partition; to list them all for each would only be long.
    private GroupDescription DescribeShared(LiveGroup group, IReadOnlyList<KeyValuePair<string, TimeSpan>> members) =>
        group.Look((live, _) => new GroupDescription(
            group.Name,
            live.State.Settings,
            live.State.Epoch,
            members.Count == 0 ? GroupCondition.Empty : GroupCondition.Stable,
            [
                .. members.Select(member => new MemberDescription(
                    member.Key, live.State.Epoch, ExpiresAt(member.Value, group), [])),
            ]));

    private DateTimeOffset ExpiresAt(TimeSpan expiry, LiveGroup group) => time.GetUtcNow() + (expiry - group.Now);

    private LiveGroup Live(string name, GroupState state, IReadOnlyList<CommittedOffset> offsets)
    {
        var loaded = ConsumerGroup.Load(state, LiveGroup.Stopwatch(time), config.MaxPartitionsPerMember);
        var group = new LiveGroup(name, loaded, new OffsetVector(offsets), _stores, time);
        if (state.Settings.Mode == GroupMode.Shared)
        {
            group.Keeper = new ShareKeeper(group, _stores, config, time, logger);
            group.Keeper.Start();
        }

        return group;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "{Count} groups loaded")]
        internal static partial void Loaded(ILogger logger, int count);

        [LoggerMessage(Level = LogLevel.Information, Message = "Group {Group} created")]
        internal static partial void Created(ILogger logger, string group);

        [LoggerMessage(Level = LogLevel.Information, Message = "Group {Group} has new settings")]
        internal static partial void Changed(ILogger logger, string group);

        [LoggerMessage(Level = LogLevel.Warning, Message = "The log of group states was not shortened")]
        internal static partial void NotShortened(ILogger logger, BrokerException exception);

        [LoggerMessage(Level = LogLevel.Information, Message = "Group {Group} deleted")]
        internal static partial void Deleted(ILogger logger, string group);
    }
}
