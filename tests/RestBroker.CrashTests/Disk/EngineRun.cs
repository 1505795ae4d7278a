using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage;
using RestBroker.Storage.Durability;

namespace RestBroker.CrashTests.Disk;

/// <summary>
/// The same day of a broker's life every time: topics come and go, records are written, read, trimmed, positions are committed; whatever
/// call of the disk fails, what was acknowledged is there afterwards.
/// </summary>
internal sealed class EngineRun : IDisposable
{
    private const string Crowd = "crowd";

    // Its segments are large enough for room to be made ahead of their end.
    private const string Roomy = "clicks";

    private static readonly string[] Topics = ["orders", Roomy];

    // Enough logs that a start syncs them all together.
    private static readonly TopicPartition[] Places =
        [.. Topics.Select(topic => new TopicPartition(topic, 0)), .. Enumerable.Range(0, LogFlusher.MinTogether).Select(i => new TopicPartition(Crowd, i))];

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("restbroker-faulty-"); // LiteDB has files of its own
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly HistoryChecker _history = new();
    private readonly HashSet<string> _created = [], _deleted = [];
    private long _committed = -1, _maybeCommitted = -1;
    private int _sent, _day;

    public EngineRun(int seed)
    {
        Disk = new FaultyDisk(seed);
        Disk.CreateDirectory(_root.FullName);
        for (var path = _root.FullName; path.Length > 1; path = Path.GetDirectoryName(path)!) Disk.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    public FaultyDisk Disk { get; private set; }

    public void Dispose() => _root.Delete(recursive: true);

    /// <summary>A day whose end comes by surprise, so that the next begins with a recovery.</summary>
    public async Task LiveAndDieAsync()
    {
        await using var engine = await OpenAsync();
        await LiveAsync(engine);
        Disk = Disk.Reboot(isPowerCut: false);
    }

    /// <summary>A day, or as much of one as the disk allows.</summary>
    public async Task LiveAsync()
    {
        EmbeddedLogEngine engine;
        try
        {
            engine = await OpenAsync();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            return;
        }

        await using (engine) await LiveAsync(engine);
    }

    /// <summary>Another process, on a disk that is well: what it finds.</summary>
    public async Task<Verdict> JudgeAsync(bool isPowerCut)
    {
        Disk = Disk.Reboot(isPowerCut);
        foreach (var file in _root.GetFiles()) file.Delete();
        await using var engine = await OpenAsync();
        foreach (var topic in _created.Except(_deleted)) Assert.NotNull(await engine.DescribeTopicAsync(topic, default));
        foreach (var topic in _deleted) Assert.Null(await engine.DescribeTopicAsync(topic, default));
        var position = (await engine.FetchCommittedOffsetsAsync("group", default)).Select(offset => offset.NextOffset).DefaultIfEmpty(-1).Single();
        Assert.InRange(position, _committed, _maybeCommitted);
        var verdict = _history.Check(await FindAsync(engine));
        foreach (var place in Places.Where(place => _created.Contains(place.Topic))) await ProduceAsync(engine, place); // and it goes on
        return verdict;
    }

    private async Task LiveAsync(EmbeddedLogEngine engine)
    {
        _day++;
        foreach (var topic in Places.GroupBy(place => place.Topic).Where(topic => !_created.Contains(topic.Key)))
            await TryAsync(() => CreateAsync(engine, topic.Key, topic.Count()));
        foreach (var place in Places.Where(place => place.Topic == Crowd)) await TryAsync(() => ProduceAsync(engine, place));
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 6; i++) await TryAsync(() => ProduceAsync(engine, new TopicPartition(Topics[i % 2], 0)));
            await TryAsync(() => CommitAsync(engine, (_day * 10) + round));
            await ReadAsync(engine, $"reader {_day}.{round}");
            // The cleaner and the checkpoints have their hour; what they do falls anywhere behind it.
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        await TryAsync(() => CreateAsync(engine, $"guest-{_day}", 1));
        await TryAsync(() => DeleteAsync(engine, $"guest-{_day}"));
    }

    private static bool IsRefusal(Exception error) => error
        is IOException or UnauthorizedAccessException or DataDirectoryException
        or BrokerException { Error: BrokerError.StorageFailed or BrokerError.DiskFull or BrokerError.UnknownTopicOrPartition };

    private static async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception e) when (IsRefusal(e))
        {
            // As it should: refused, or nobody knows.
        }
    }

    private Task<EmbeddedLogEngine> OpenAsync() => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _root.FullName }, _time, NullLoggerFactory.Instance, Disk, default);

    private async Task CreateAsync(EmbeddedLogEngine engine, string topic, int partitions)
    {
        await engine.CreateTopicAsync(new TopicSpec(topic, partitions, null, new Dictionary<string, string> { ["segment.bytes"] = topic == Roomy ? "65536" : "1024" }), default);
        _created.Add(topic);
    }

    private async Task DeleteAsync(EmbeddedLogEngine engine, string topic)
    {
        _created.Remove(topic); // from here on nobody knows
        await engine.DeleteTopicAsync(topic, default);
        _deleted.Add(topic);
    }

    private async Task ProduceAsync(EmbeddedLogEngine engine, TopicPartition place)
    {
        using var builder = new RecordBatchBuilder();
        var value = $"{++_sent} {new string('x', place.Topic == Roomy ? 1500 : 250)}";
        builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
        _history.Sent(place.Topic, value);
        var result = await engine.ProduceAsync(new ProduceRequest(place, builder.Build(), Acks.All), default);
        _history.Acked(value, Array.IndexOf(Places, place), result.BaseOffset);
    }

    private async Task CommitAsync(EmbeddedLogEngine engine, long position)
    {
        _maybeCommitted = position;
        if (await engine.DescribeTopicAsync("orders", default) is not { } topic) return;
        await engine.CommitOffsetsAsync("group", [new CommittedOffset(new TopicPartition("orders", 0), topic.TopicId, position)], default);
        _committed = position;
    }

    private async Task ReadAsync(EmbeddedLogEngine engine, string reader)
    {
        foreach (var (partition, offset, value) in await FindAsync(engine)) _history.Seen(reader, partition, offset, value);
    }

    private static async Task<List<(int Partition, long Offset, string Value)>> FindAsync(EmbeddedLogEngine engine)
    {
        var found = new List<(int, long, string)>();
        for (var i = 0; i < Places.Length; i++)
        {
            if (await engine.DescribeTopicAsync(Places[i].Topic, default) is null) continue;
            for (long offset = 0; ;)
            {
                using var result = await engine.FetchAsync(new FetchRequest { Partitions = [new(Places[i], offset)] }, default);
                var partition = result.Partitions[0];
                if (partition.Corrupt is not null) throw new InvalidOperationException($"{Places[i]} at {offset}: {partition.Error} {partition.Corrupt}, log {partition.LogStartOffset}..{partition.HighWatermark}..{partition.NextOffset}");
                if (partition.Batches.IsEmpty) break;
                var rest = partition.Batches.ToArray().AsMemory();
                while (RecordBatch.TryRead(rest, out var batch))
                {
                    using var reader = new RecordBatchReader(batch);
                    while (reader.TryRead(out var record))
                        if (record.Offset >= offset) found.Add((i, record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span)));
                    (offset, rest) = (batch.NextOffset, rest[batch.Size..]);
                }
            }
        }

        return found;
    }
}
