using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.CrashTests.Disk;

/// <summary>A log with many records of few keys, all of them acknowledged, and a compaction that does not come to its end.</summary>
internal sealed class CompactionLife : IDisposable
{
    private const string Directory = "/data/topics/t/0";
    private const long Buffer = 1024 * 1024;

    private static readonly TopicConfig Config = TopicConfig.Parse(new Dictionary<string, string>
    {
        ["cleanup.policy"] = "compact",
        ["min.cleanable.dirty.ratio"] = "0",
        ["segment.bytes"] = "3000",
        ["segment.ms"] = "1000",
    });

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly LogFlusher _flusher = new(1, NullLogger<LogFlusher>.Instance);
    private readonly SortedDictionary<long, (string Key, string Value)> _written = [];
    private readonly Random _random;
    private FaultyDisk _disk;
    private PartitionLog _log;
    private int _leaderEpoch;

    public CompactionLife(int seed)
    {
        _random = new Random(seed);
        _disk = new FaultyDisk(seed);
        _disk.CreateDirectory(Directory);
        for (var path = Directory; path.Length > 1; path = Path.GetDirectoryName(path)!) _disk.SyncDirectory(Path.GetDirectoryName(path)!);
        _log = Open(StartKind.Clean);
        for (var i = 0; i < 20; i++) Append();
        Close();
        _log.Cleaner.Compact(Buffer, CompactionPace.None, default); // from here on some of it is compacted
        for (var i = 0; i < 20; i++) Append();
        Close();
    }

    public void Dispose() => _flusher.Dispose();

    /// <summary>False where a compaction makes fewer calls that change something.</summary>
    public bool CompactUntilCut(int call)
    {
        _disk.CallsLeft = call;
        try
        {
            _log.Cleaner.Compact(Buffer, CompactionPace.None, default);
        }
        catch (IOException) when (_disk.IsOff)
        {
            // In the middle of it.
        }

        return _disk.IsOff;
    }

    /// <summary>Opens the log again; where calls are left, that ends in the middle too, and it is opened once more.</summary>
    public void Recover(bool isPowerCut, int? callsLeft)
    {
        _disk = _disk.Reboot(isPowerCut);
        _disk.CallsLeft = callsLeft;
        try
        {
            _log = Open(StartKind.Unclean);
            if (!_disk.IsOff) return;
        }
        catch (IOException) when (_disk.IsOff)
        {
            // In the middle of it.
        }

        _disk = _disk.Reboot(isPowerCut);
        _log = Open(StartKind.Unclean);
    }

    /// <summary>The next compaction comes to its end.</summary>
    public void Finish()
    {
        _disk.CallsLeft = null;
        Append();
        Close();
        if (_log.Cleaner.Compact(Buffer, CompactionPace.None, default) is null) throw new InvalidOperationException("There was nothing to compact.");
        if (Read().Count != _written.Values.Select(record => record.Key).Distinct().Count()) throw new InvalidOperationException("Records that no longer count were left.");
    }

    /// <summary>Each key's last record is there, and nothing that was never written.</summary>
    public Verdict Check()
    {
        var found = Read();
        var last = _written.GroupBy(record => record.Value.Key).Select(versions => versions.Last().Key).ToHashSet();
        var offsets = found.Select(record => record.Offset).ToList();
        return new Verdict
        {
            Acked = last.Count,
            Found = found.Count,
            Lost = last.Except(offsets).Count(),
            Duplicated = offsets.Count - offsets.Distinct().Count(),
            Reordered = offsets.SequenceEqual(offsets.Order()) ? 0 : 1,
            Invented = found.Count(record => !_written.TryGetValue(record.Offset, out var there) || there != (record.Key, record.Value)),
        };
    }

    private PartitionLog Open(StartKind start)
    {
        if (start != StartKind.Clean) _leaderEpoch++;
        var host = new LogHost(
            new OpenSegments(_disk, 100), _flusher, _time, _leaderEpoch, _disk.BootId, TimeSpan.FromSeconds(1), NullLogger<PartitionLog>.Instance);
        return new LogLoader(host, start, "/data/quarantine").Recover(new TopicPartition("t", 0), Directory, Config, new RecoveryReport()).Finish();
    }

    private void Append()
    {
        using var builder = new RecordBatchBuilder((CompressionType)_random.Next(5));
        for (var i = _random.Next(1, 5); i > 0; i--)
        {
            var (key, value) = ($"key{_random.Next(9)}", $"{_written.Count} {new string('x', _random.Next(300))}");
            _written.Add(_log.NextOffset + builder.RecordCount, (key, value));
            builder.Append(1_000, Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
        }

        _log.Append(builder.Build(), null, wait: false);
        _log.Commits.Flush();
    }

    // The active segment is of age: all there is can be compacted.
    private void Close()
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        _log.Upkeep.CloseOld();
    }

    private List<(long Offset, string Key, string Value)> Read()
    {
        var found = new List<(long, string, string)>();
        for (var offset = _log.LogStartOffset; offset < _log.HighWatermark.Value;)
        {
            var (error, slice) = _log.Read(offset, 10_000);
            if (error != BrokerError.None) throw new InvalidOperationException($"Offset {offset}: {error} {slice.Corrupt}");
            if (slice.Buffer is not { } buffer) break;
            var rest = buffer.AsMemory(0, slice.Count);
            while (RecordBatch.TryRead(rest, out var batch))
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record))
                {
                    if (record.Offset >= offset) found.Add((record.Offset, Encoding.UTF8.GetString(record.Key!.Value.Span), Encoding.UTF8.GetString(record.Value!.Value.Span)));
                }

                (rest, offset) = (rest[batch.Size..], batch.NextOffset);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        return found;
    }
}
