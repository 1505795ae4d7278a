using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Offsets;

/// <summary>
/// The committed offsets of every group: a map in memory over the log <c>__consumer_offsets</c>, which has one partition so that any
/// commit is one batch, and so all or nothing. Thread-safe.
/// </summary>
internal sealed class GroupOffsets(TopicCatalog catalog, TimeProvider time) : IDisposable
{
    public const string TopicName = "__consumer_offsets";

    private static readonly TopicSpec Spec = new(TopicName, 1, 1, new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["segment.bytes"] = "16777216",
    });

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly Dictionary<string, Dictionary<TopicPartition, Entry>> _groups = [];
    private Journal? _journal;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Reads the log, if there is one yet. For the start.</summary>
    public void Open()
    {
        if (catalog.Find(TopicName) is not { } topic) return;
        _journal = new Journal(topic.Logs[0]);
        _journal.Replay(record => Apply(record.Key, record.Value, record.Offset));
    }

    public async ValueTask CommitAsync(string group, IReadOnlyList<CommittedOffset> offsets, CancellationToken cancellationToken)
    {
        var now = Now;
        var records = offsets.Select(offset =>
            (OffsetRecord.Key(group, offset.Partition), (byte[]?)OffsetRecord.Value(offset.TopicId, offset.NextOffset, now)));
        await StoreAsync([.. records], now, cancellationToken);
    }

    public IReadOnlyList<CommittedOffset> Fetch(string group)
    {
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out var entries)) return [];
            return
            [
                .. from entry in entries
                   where entry.Value.TopicId is not null && catalog.Find(entry.Key.Topic)?.TopicId == entry.Value.TopicId
                   orderby entry.Key.Topic, entry.Key.Partition
                   select new CommittedOffset(entry.Key, entry.Value.TopicId!.Value, entry.Value.NextOffset),
            ];
        }
    }

    public ValueTask DeleteAsync(string group, CancellationToken cancellationToken) =>
        ForgetAsync((owner, _) => owner == group, cancellationToken);

    /// <summary>Forgets what every group has in a topic that is gone.</summary>
    public ValueTask DeleteTopicAsync(string topic) => ForgetAsync((_, partition) => partition.Topic == topic, CancellationToken.None);

    public void Dispose() => _opening.Dispose();

    private async ValueTask ForgetAsync(Func<string, TopicPartition, bool> isForgotten, CancellationToken cancellationToken)
    {
        List<(byte[] Key, byte[]? Value)> tombstones;
        lock (_gate)
        {
            tombstones =
            [
                .. from owner in _groups
                   from entry in owner.Value
                   where entry.Value.TopicId is not null && isForgotten(owner.Key, entry.Key)
                   select (OffsetRecord.Key(owner.Key, entry.Key), (byte[]?)null),
            ];
        }

        await StoreAsync(tombstones, Now, cancellationToken);
    }

    // What has been appended is waited for to the end: a commit that was cancelled half way would be neither done nor not.
    private async ValueTask StoreAsync(List<(byte[] Key, byte[]? Value)> records, long now, CancellationToken cancellationToken)
    {
        if (records.Count == 0) return;
        var journal = _journal ?? await OpenAsync(cancellationToken);
        using var builder = new RecordBatchBuilder();
        foreach (var (key, value) in records) builder.Append(now, key, value is null ? null : (ReadOnlyMemory<byte>?)value);
        var (offset, durable) = journal.Append(builder.Build());
        await durable;
        foreach (var (key, value) in records) Apply(key, value is null ? null : (ReadOnlyMemory<byte>?)value, offset++);
    }

    private async ValueTask<Journal> OpenAsync(CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken);
        try
        {
            return _journal ??= new Journal((await catalog.CreateAsync(Spec, cancellationToken)).Logs[0]);
        }
        finally
        {
            _opening.Release();
        }
    }

    // Two commits may come back from the disk in any order: the later record counts.
    private void Apply(ReadOnlyMemory<byte>? key, ReadOnlyMemory<byte>? value, long recordOffset)
    {
        if (key is not { } some || OffsetRecord.ParseKey(some.Span) is not var (group, partition)) return;
        lock (_gate)
        {
            if (!_groups.TryGetValue(group, out var entries)) _groups[group] = entries = [];
            if (entries.TryGetValue(partition, out var old) && old.RecordOffset > recordOffset) return;
            var committed = value is { } bytes ? OffsetRecord.ParseValue(bytes.Span) : null;
            entries[partition] = new Entry(committed?.TopicId, committed?.NextOffset ?? 0, recordOffset);
        }
    }

    /// <summary>A tombstone has no topic id; it stays so that an older commit that comes late does not bring the entry back.</summary>
    private readonly record struct Entry(Guid? TopicId, long NextOffset, long RecordOffset);
}
