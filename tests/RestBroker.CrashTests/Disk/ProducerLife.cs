using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.CrashTests.Disk;

/// <summary>
/// Producers that send each batch until it is acknowledged, over the deaths of a log: the process ends, or the power does, in the middle of
/// some call. In the end each record is there once, and a batch that was acknowledged is answered with its first offset for as long as it is
/// one of the last. Everything random comes from the seed.
/// </summary>
internal sealed class ProducerLife
{
    private const string Directory = "/data/topics/t/0";
    private const int Lives = 6;
    private const int ProducerCount = 3;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly HistoryChecker _history = new();
    private readonly Random _random;
    private readonly TopicConfig _config;
    private readonly List<Sending>[] _acked = [.. Enumerable.Range(0, ProducerCount + 1).Select(_ => new List<Sending>())];
    private readonly Sending?[] _pending = new Sending?[ProducerCount + 1];
    private FaultyDisk _disk;
    private int _leaderEpoch;

    public ProducerLife(int seed)
    {
        _random = new Random(seed);
        _config = TopicConfig.Parse(new Dictionary<string, string> { ["segment.bytes"] = "1200", ["retention.bytes"] = _random.Next(2) == 0 ? "4096" : "-1" });
        _disk = new FaultyDisk(seed);
        _disk.CreateDirectory(Directory);
        for (var path = Directory; path.Length > 1; path = Path.GetDirectoryName(path)!) _disk.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    public int Deaths { get; private set; }

    public int Retries { get; private set; }

    public async Task<Verdict> RunAsync()
    {
        var start = StartKind.Clean;
        for (var life = 0; life <= Lives; life++)
        {
            var isLast = life == Lives;
            _disk.CallsLeft = isLast || _random.Next(6) == 0 ? null : _random.Next(5, 150);
            var isClean = await LiveAsync(start, isLast);
            start = isClean ? StartKind.Clean : StartKind.Unclean;
            if (!isClean) Deaths++;
            _disk = _disk.Reboot(isPowerCut: !isClean && _random.Next(2) == 0);
        }

        using var flusher = new LogFlusher(1, NullLogger<LogFlusher>.Instance);
        var log = Open(StartKind.Clean, flusher);
        _history.Forget(0, log.LogStartOffset);
        return _history.Check(ReadAll(log));
    }

    private async Task<bool> LiveAsync(StartKind start, bool isLast)
    {
        using var flusher = new LogFlusher(1, NullLogger<LogFlusher>.Instance);
        try
        {
            var log = Open(start, flusher);
            for (var steps = _random.Next(10, 60); steps > 0 && !_disk.IsOff; steps--) await StepAsync(log);
            for (var who = 0; who <= ProducerCount && isLast; who++) await SendPendingAsync(log, who);
            if (!_disk.IsOff && (isLast || _random.Next(3) > 0)) return log.CloseCleanly();
            _disk.TurnOff();
            log.CloseCleanly(); // it cannot; nobody is left to wait
            return false;
        }
        catch (IOException) when (_disk.IsOff)
        {
            return false;
        }
    }

    private async Task StepAsync(PartitionLog log)
    {
        switch (_random.Next(12))
        {
            case 0:
                _time.Advance(TimeSpan.FromSeconds(2));
                log.Commits.RequestFlush();
                break;
            case 1:
                TryClean(log);
                break;
            case 2 or 3:
                await RepeatAsync(log, _random.Next(ProducerCount + 1));
                break;
            default:
                var who = _random.Next(ProducerCount + 1);
                _pending[who] ??= Begin(who);
                await SendPendingAsync(log, who);
                break;
        }
    }

    private void TryClean(PartitionLog log)
    {
        try
        {
            log.Clean();
        }
        catch (IOException) when (_disk.IsOff)
        {
            // It may have been trimmed or not.
        }

        _history.Forget(0, log.LogStartOffset);
    }

    // The last in the row sends requests with idempotency keys, a new one each time.
    private Sending Begin(int who)
    {
        var number = _acked[who].Sum(sending => sending.Values.Length);
        var values = Enumerable.Range(0, _random.Next(1, 4)).Select(i => $"{who} {number + i} {new string('x', _random.Next(200))}").ToArray();
        foreach (var value in values) _history.Sent($"producer {who}", value);
        return new Sending(who, number, values);
    }

    private async Task SendPendingAsync(PartitionLog log, int who)
    {
        if (_pending[who] is not { } sending) return;
        if (sending.Tries++ > 0) Retries++;
        if (await SendAsync(log, sending) is not { } result) return;
        sending.BaseOffset = result.BaseOffset;
        for (var i = 0; i < sending.Values.Length; i++) _history.Acked(sending.Values[i], 0, result.BaseOffset + i);
        _acked[who].Add(sending);
        _pending[who] = null;
    }

    private async Task RepeatAsync(PartitionLog log, int who)
    {
        var recent = _acked[who].TakeLast(_pending[who] is null ? 5 : 4).ToList();
        if (recent.Count == 0) return;
        Retries++;
        var sending = recent[_random.Next(recent.Count)];
        if (await SendAsync(log, sending) is { } result && (!result.Duplicate || result.BaseOffset != sending.BaseOffset))
            throw new InvalidOperationException($"{sending.Values[0]} was acknowledged at {sending.BaseOffset}; sent again it went to {result.BaseOffset}, duplicate {result.Duplicate}.");
    }

    private async Task<ProduceResult?> SendAsync(PartitionLog log, Sending sending)
    {
        using var builder = new RecordBatchBuilder();
        IdempotencyMark? mark = null;
        Header[] headers = [];
        if (sending.Who < ProducerCount)
        {
            builder.Producer = (sending.Who, 0, sending.Number);
        }
        else
        {
            (var header, mark) = IdempotencyMark.Of($"{sending.Number}", SHA256.HashData(Encoding.UTF8.GetBytes(sending.Values[0])), 1);
            (headers, builder.Producer) = ([header], (ProducerIds.FirstOfKeys + sending.Number, 0, 0));
        }

        foreach (var value in sending.Values) builder.Append(1_000, null, Encoding.UTF8.GetBytes(value), headers);
        try
        {
            var (result, committed) = log.Append(builder.Build(), new AppendWish(null, Wait: true, mark, IsLone: _random.Next(2) > 0));
            await committed;
            return result;
        }
        catch (BrokerException e) when (e.Error == BrokerError.StorageFailed && _disk.IsOff)
        {
            return null; // nobody knows: it is sent again
        }
    }

    private PartitionLog Open(StartKind start, LogFlusher flusher)
    {
        if (start != StartKind.Clean) _leaderEpoch++;
        var host = new LogHost(
            new OpenSegments(_disk, 100), flusher, _time, _leaderEpoch, _disk.BootId, TimeSpan.FromSeconds(1), NullLogger<PartitionLog>.Instance);
        return new LogLoader(host, start, "/data/quarantine").Recover(new TopicPartition("t", 0), Directory, _config, new RecoveryReport()).Finish();
    }

    private static List<(int Partition, long Offset, string Value)> ReadAll(PartitionLog log)
    {
        var found = new List<(int, long, string)>();
        for (var offset = log.LogStartOffset; offset < log.HighWatermark.Value;)
        {
            var (error, slice) = log.Read(offset, 10_000);
            if (error != BrokerError.None) throw new InvalidOperationException($"Offset {offset}: {error} {slice.Corrupt}");
            if (slice.Buffer is not { } buffer) break;
            var rest = buffer.AsMemory(0, slice.Count);
            while (RecordBatch.TryRead(rest, out var batch))
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record))
                    if (record.Offset >= offset) found.Add((0, record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span)));
                (offset, rest) = (batch.NextOffset, rest[batch.Size..]);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        return found;
    }

    private sealed record Sending(int Who, int Number, string[] Values)
    {
        public int Tries { get; set; }

        public long BaseOffset { get; set; }
    }
}
