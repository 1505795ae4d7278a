using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.CrashTests.Disk;

/// <summary>
/// The lives of one log: in each it is opened, written, read, trimmed and ended, by a clean stop, by the death of its process or by a
/// power cut in the middle of some call; recovery may be cut short too. Everything random comes from the seed.
/// </summary>
internal sealed class LogLife
{
    private const string Directory = "/data/topics/t/0";
    private const int Lives = 5;
    private static readonly TopicPartition Partition = new("t", 0);

    private readonly HistoryChecker _history = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly Random _random;
    private readonly TopicConfig _config;
    private FaultyDisk _disk;
    private int _leaderEpoch, _sent, _life;
    private long _mayBeTrimmed, _isTrimmed;
    private readonly bool _isAsync;

    public LogLife(int seed)
    {
        _random = new Random(seed);
        _isAsync = _random.Next(4) == 0;
        _config = TopicConfig.Parse(new Dictionary<string, string>
        {
            ["segment.bytes"] = (_random.Next(2) == 0 ? _random.Next(1024, 6000) : _random.Next(10_000, 40_000)).ToString(null as IFormatProvider),
            ["retention.bytes"] = _random.Next(3) == 0 ? "4096" : "-1",
            ["durability"] = _isAsync ? "async" : "fsync",
        });
        _disk = new FaultyDisk(seed);
        _disk.CreateDirectory(Directory);
        for (var path = Directory; path.Length > 1; path = Path.GetDirectoryName(path)!) _disk.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    public int Deaths { get; private set; }

    public async Task<Verdict> RunAsync()
    {
        var start = StartKind.Clean;
        for (_life = 0; _life < Lives; _life++)
        {
            _disk.CallsLeft = _random.Next(5) == 0 ? null : _random.Next(1, 200);
            var isClean = await LiveAsync(start);
            start = isClean ? StartKind.Clean : StartKind.Unclean;
            if (!isClean) Deaths++;
            var isPowerCut = !isClean && _random.Next(2) == 0;
            _disk = _disk.Reboot(isPowerCut);
            if (isPowerCut && _isAsync) _history.Excuse();
        }

        await LiveAsync(start); // the disk is well: this life ends in peace
        return Judge(Open(StartKind.Clean, new LogFlusher(1, NullLogger<LogFlusher>.Instance)));
    }

    private async Task<bool> LiveAsync(StartKind start)
    {
        using var flusher = new LogFlusher(1, NullLogger<LogFlusher>.Instance);
        try
        {
            var log = Open(start, flusher);
            if (!Judge(log).IsGood) throw new InvalidOperationException($"After {start} in life {_life}: {Judge(log)}");
            return await UseAsync(log) && log.CloseCleanly();
        }
        catch (IOException) when (_disk.IsOff)
        {
            return false;
        }
    }

    private PartitionLog Open(StartKind start, LogFlusher flusher)
    {
        if (start != StartKind.Clean) _leaderEpoch++;
        var host = new LogHost(
            new OpenSegments(_disk, 100), flusher, _time, _leaderEpoch, _disk.BootId, TimeSpan.FromSeconds(1), NullLogger<PartitionLog>.Instance);
        return new LogLoader(host, start, "/data/quarantine").Recover(Partition, Directory, _config, new RecoveryReport()).Finish();
    }

    /// <summary>False where the machine went off meanwhile.</summary>
    private async Task<bool> UseAsync(PartitionLog log)
    {
        var waiting = new List<Task>();
        long read = _random.Next(2) == 0 ? log.LogStartOffset : log.HighWatermark.Value;
        for (var steps = _random.Next(5, 60); steps > 0 && !_disk.IsOff; steps--)
        {
            switch (_random.Next(12))
            {
                case < 7:
                    waiting.Add(AppendAsync(log));
                    break;
                case < 9:
                    read = ReadOn(log, read);
                    break;
                case 9:
                    _time.Advance(TimeSpan.FromSeconds(_random.Next(3)));
                    log.Commits.RequestFlush();
                    break;
                case 10 when _random.Next(4) == 0:
                    Trim(log);
                    break;
                default:
                    await Task.WhenAll(waiting);
                    break;
            }
        }

        await Task.WhenAll(waiting);
        ReadOn(log, read);
        if (!_disk.IsOff && (_life == Lives || _random.Next(3) > 0)) return true;
        _disk.TurnOff();
        log.CloseCleanly(); // it cannot; nobody is left to wait
        return false;
    }

    private async Task AppendAsync(PartitionLog log)
    {
        using var builder = new RecordBatchBuilder();
        var values = Enumerable.Range(0, _random.Next(1, 5)).Select(_ => $"{++_sent} {new string('x', _random.Next(300))}").ToList();
        foreach (var value in values)
        {
            _history.Sent($"writer {_sent % 3}", value);
            builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
        }

        try
        {
            var (result, committed) = log.Append(builder.Build(), new AppendWish(null, Wait: _random.Next(4) > 0, IsLone: _random.Next(2) > 0));
            for (var i = 0; i < values.Count; i++) _history.Told(values[i], 0, result.BaseOffset + i);
            await committed;
            if (log.HighWatermark.Value < result.BaseOffset + values.Count) return; // not waited for: told, not promised
            for (var i = 0; i < values.Count; i++) _history.Acked(values[i], 0, result.BaseOffset + i);
        }
        catch (BrokerException e) when (e.Error == BrokerError.StorageFailed && _disk.IsOff)
        {
            // Nobody knows.
        }
    }

    private void Trim(PartitionLog log)
    {
        try
        {
            _mayBeTrimmed = Math.Max(_mayBeTrimmed, _config.RetentionBytes is null ? 0 : log.NextOffset);
            var before = _random.NextInt64(log.LogStartOffset, log.HighWatermark.Value + 1);
            _mayBeTrimmed = Math.Max(_mayBeTrimmed, before);
            _isTrimmed = Math.Max(_isTrimmed, log.DeleteRecords(before));
            log.Clean();
        }
        catch (Exception e) when (e is IOException or BrokerException && _disk.IsOff)
        {
            // It may have been trimmed or not.
        }

        _history.Forget(0, log.LogStartOffset);
    }

    private long ReadOn(PartitionLog log, long offset)
    {
        foreach (var (at, value) in ReadAll(log, Math.Max(offset, log.LogStartOffset)))
        {
            _history.Seen($"reader {_life} {offset}", 0, at, value);
            offset = at + 1;
        }

        return offset;
    }

    private Verdict Judge(PartitionLog log)
    {
        if (log.LogStartOffset < _isTrimmed || log.LogStartOffset > _mayBeTrimmed)
            throw new InvalidOperationException($"The log starts at {log.LogStartOffset}: {_isTrimmed} was told, {_mayBeTrimmed} asked for.");
        _history.Forget(0, log.LogStartOffset);
        return _history.Check(ReadAll(log, log.LogStartOffset).Select(record => (0, record.Offset, record.Value)));
    }

    private IEnumerable<(long Offset, string Value)> ReadAll(PartitionLog log, long offset)
    {
        while (offset < log.HighWatermark.Value)
        {
            var (error, slice) = log.Read(offset, 10_000);
            if (error == BrokerError.StorageFailed && _disk.IsOff) yield break;
            if (error != BrokerError.None) throw new InvalidOperationException($"Life {_life}, offset {offset}: {error} {slice.Corrupt}");
            if (slice.Buffer is not { } buffer) yield break;
            var rest = buffer.AsMemory(0, slice.Count);
            while (RecordBatch.TryRead(rest, out var batch))
            {
                foreach (var record in Records(batch, offset)) yield return record;
                (offset, rest) = (batch.NextOffset, rest[batch.Size..]);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static List<(long Offset, string Value)> Records(RecordBatch batch, long from)
    {
        var records = new List<(long, string)>();
        using var reader = new RecordBatchReader(batch);
        while (reader.TryRead(out var record))
            if (record.Offset >= from) records.Add((record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span)));
        return records;
    }
}
