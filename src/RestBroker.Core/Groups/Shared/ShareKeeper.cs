using Microsoft.Extensions.Logging;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Core.Groups.Shared;

/// <summary>
/// Keeps a shared group going: writes it, buries its dead, and ends holds and delays when their time has come, whether anybody calls or
/// not. Thread-safe.
/// </summary>
internal sealed partial class ShareKeeper : IDisposable
{
    private static readonly TimeSpan BurialRetry = TimeSpan.FromSeconds(5);

    private readonly LiveGroup _group;
    private readonly GroupStores _stores;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly DeadLetters _deadLetters;
    private readonly CoalescingWriter _writer;
    private readonly SemaphoreSlim _burial = new(1, 1);
    private readonly ITimer _timer;
    private readonly Lock _timing = new();
    private TimeSpan _scheduled = TimeSpan.MaxValue;
    private TimeSpan _burialNotBefore;
    private bool _isClosed;
    private bool _mustRewrite;

    internal ShareKeeper(LiveGroup group, GroupStores stores, GroupConfig config, TimeProvider time, ILogger logger)
    {
        (_group, _stores, _time, _logger) = (group, stores, time, logger);
        _deadLetters = new DeadLetters(stores.Engine, group.Name);
        _writer = new CoalescingWriter(WriteAsync);
        _timer = time.CreateTimer(_ => _ = WakeAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Share = new LiveShare(() => group.Look((live, _) => live.State.Settings), config, time);
    }

    internal LiveShare Share { get; }

    /// <summary>Begins to watch the clock; what was loaded is in its place.</summary>
    internal void Start()
    {
        Share.Changed = Schedule;
        Schedule();
    }

    /// <summary>Every partition.</summary>
    internal IReadOnlyList<ShareSlot> Slots => Share.Slots;

    /// <summary>Puts in what is on disk of topics that the group still reads. Every hold has its full time again.</summary>
    internal void Load(GroupState state, IReadOnlyDictionary<(Guid TopicId, int Partition), byte[]> stored)
    {
        var (now, wallNow) = (Share.Now, _time.GetUtcNow().ToUnixTimeMilliseconds());
        foreach (var ((topicId, partition), value) in stored)
        {
            if (state.Topics.FirstOrDefault(topic => topic.Id == topicId) is not { } topic) continue;
            var loaded = SharePartitionFormat.Read(value, now + state.Settings.Lease, Monotonic);
            Share.Load(new TopicPartition(topic.Name, partition), topicId, loaded);
        }

        Schedule();

        // The wall clock may have jumped meanwhile: nothing is delayed for longer than it can have been.
        TimeSpan Monotonic(long wall) => now + TimeSpan.FromMilliseconds(Math.Clamp(wall - wallNow, 0, GroupConfig.MaxDelaySeconds * 1000L));
    }

    /// <summary>Completes when every change made before this call is on disk.</summary>
    internal Task SaveAsync(CancellationToken cancellationToken) =>
        Share.Due().Count == 0 ? Task.CompletedTask : _writer.WriteAsync(cancellationToken);

    /// <summary>Writes every partition again, for the sake of dropping the older records.</summary>
    internal Task RewriteAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _mustRewrite, true);
        return _writer.WriteAsync(cancellationToken);
    }

    /// <summary>Marks partitions of topics that are gone, and of a group that is deleted, as not there.</summary>
    internal Task ForgetAsync(IReadOnlyList<ShareSlot> slots) =>
        slots.Count == 0 ? Task.CompletedTask : _stores.Log.WriteSharesAsync(_group.Name, [.. slots.Select(slot => (slot, (byte[]?)null))]);

    /// <summary>Stops the clock and waits until nothing is being written any more.</summary>
    internal async Task CloseAsync()
    {
        lock (_timing) _isClosed = true;
        await _burial.WaitAsync();
        _burial.Release();
        await _writer.WriteAsync(CancellationToken.None);
    }

    /// <summary>The deletion failed: the group is there again.</summary>
    internal void Reopen()
    {
        lock (_timing) _isClosed = false;
        Schedule();
    }

    /// <summary>Brings the dead to the dead-letter topic, or drops them where there is none. What fails is tried again later.</summary>
    internal async Task BuryAsync()
    {
        await _burial.WaitAsync();
        try
        {
            while (await BuryOnceAsync())
            {
            }
        }
        catch (BrokerException e)
        {
            _burialNotBefore = Share.Now + BurialRetry;
            Log.NotBuried(_logger, _group.Name, BurialRetry.TotalSeconds, e);
        }
        finally
        {
            _burial.Release();
        }
    }

    public void Dispose()
    {
        lock (_timing) _isClosed = true;
        _timer.Dispose();
        _writer.Dispose();
        _burial.Dispose();
        Share.Dispose();
    }

    private async Task<bool> BuryOnceAsync()
    {
        var topic = _group.Look((live, _) => live.State.Settings.DeadLetterTopic);
        var dead = Share.States().Where(entry => entry.State.Counts.Dead > 0).ToList();
        // That they are dead is on disk before a copy is: or a crash could leave a copy of a record that somebody does after all.
        if (dead.Count > 0 && topic is not null) await SaveAsync(CancellationToken.None);
        foreach (var (slot, state) in dead)
        {
            var offsets = topic is null
                ? [.. state.Records.Where(record => record.Value.IsDead).Select(record => record.Key)]
                : await _deadLetters.CopyAsync(slot.Partition, slot.TopicId, state, topic);
            Share.Bury(slot, offsets);
        }

        return dead.Count > 0;
    }

    private void Schedule()
    {
        var (due, hasDead) = Share.Outlook;
        lock (_timing)
        {
            if (hasDead && _burialNotBefore < due) due = _burialNotBefore;
            if (_isClosed || due >= _scheduled) return;
            _scheduled = due;
            var left = due - LiveGroup.Stopwatch(_time);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    private async Task WakeAsync()
    {
        lock (_timing)
        {
            if (_isClosed) return;
            _scheduled = TimeSpan.MaxValue;
        }

        try
        {
            Share.States();
            await BuryAsync();
            await SaveAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is BrokerException or ObjectDisposedException or OperationCanceledException)
        {
            // The group is gone, the broker stops, or its disk fails; whoever calls next is told so.
        }
    }

    private async Task WriteAsync()
    {
        // Decided where writes are one after the other: one that is under way may lie before what is dropped.
        var isRewrite = Interlocked.Exchange(ref _mustRewrite, false);
        var due = Share.Due(all: isRewrite);
        if (due.Count == 0) return;
        var now = (Monotonic: Share.Now, Wall: _time.GetUtcNow().ToUnixTimeMilliseconds());
        var values = due.Select(entry => (entry.Slot, (byte[]?)SharePartitionFormat.Write(entry.State, WallClock))).ToList();
        _group.Place([.. due.Select(entry => new Engine.CommittedOffset(entry.Slot.Partition, entry.Slot.TopicId, entry.State.Start))]);
        try
        {
            await Task.WhenAll(_stores.Log.WriteSharesAsync(_group.Name, values), _group.SaveOffsetsAsync(CancellationToken.None));
        }
        catch
        {
            if (isRewrite) Volatile.Write(ref _mustRewrite, true);
            throw;
        }

        Share.Written(due);

        long WallClock(TimeSpan monotonic) => now.Wall + (long)(monotonic - now.Monotonic).TotalMilliseconds;
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Group {Group}: records wait for the dead-letter topic, which does not take them; tried again in {Seconds} s")]
        internal static partial void NotBuried(ILogger logger, string group, double seconds, Exception exception);
    }
}
