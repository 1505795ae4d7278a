using System.Buffers;
using System.Text;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Log;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

/// <summary>A record as a test writes and reads it.</summary>
internal readonly record struct Entry(long Offset, string? Key, string? Value, long Timestamp = 1_000)
{
    public override string ToString() => $"{Offset} {Key ?? "-"}={Value ?? "-"}";
}

/// <summary>A compacted log on a real disk, in small segments and always due, that the test compacts when it wants to.</summary>
internal sealed class KeyedLog : IDisposable
{
    public const int Buffer = 1024 * 1024;

    public KeyedLog()
    {
        Fixture.Configs["cleanup.policy"] = "compact";
        Fixture.Configs["min.cleanable.dirty.ratio"] = "0";
        Fixture.Configs["segment.bytes"] = "1024";
        Log = Fixture.Open();
    }

    public LogFixture Fixture { get; } = new();

    public PartitionLog Log { get; private set; }

    public IEnumerable<string> Files => Directory.GetFiles(Fixture.LogDirectory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    public IEnumerable<string> LogFiles => Files.Where(name => name.EndsWith(".log", StringComparison.Ordinal));

    public void Dispose() => Fixture.Dispose();

    public void Set(string key, string value)
    {
        Fixture.Configs[key] = value;
        Log.Config = TopicConfig.Parse(Fixture.Configs);
    }

    /// <summary>Appends one batch of "key=value", "key=" for a tombstone, and "=value" for a record without a key.</summary>
    public async Task<List<Entry>> AppendAsync(params string[] records) => await AppendAsync(CompressionType.None, -1, records);

    public async Task<List<Entry>> AppendAsync(CompressionType codec, long producerId, params string[] records)
    {
        using var builder = new RecordBatchBuilder(codec);
        if (producerId >= 0) builder.Producer = (producerId, 0, Log.Producers.Find(producerId)?.NextSequence ?? 0);
        var entries = new List<Entry>();
        foreach (var (i, record) in records.Index())
        {
            var (at, timestamp) = (record.IndexOf('=', StringComparison.Ordinal), 1_000L + i);
            var (key, value) = (at == 0 ? null : record[..at], at + 1 == record.Length ? null : record[(at + 1)..]);
            builder.Append(timestamp, Bytes(key), Bytes(value), [new Header("n"u8.ToArray(), Encoding.UTF8.GetBytes(record))]);
            entries.Add(new Entry(i, key, value, timestamp));
        }

        var (result, committed) = Log.Append(builder.Build(), null, wait: true);
        await committed.WaitAsync(TimeSpan.FromSeconds(30));
        return [.. entries.Select(entry => entry with { Offset = entry.Offset + result.BaseOffset })];
    }

    /// <summary>Lets so much time pass that no producer lives any more; each that writes again begins anew.</summary>
    public void ForgetProducers()
    {
        Fixture.Time.Advance(Fixture.Limits.Expiration + TimeSpan.FromMinutes(1));
        Log.Clean();
    }

    /// <summary>Begins a new segment with the next record, so that what is there can be compacted.</summary>
    public void Roll()
    {
        var age = Fixture.Configs.GetValueOrDefault("segment.ms");
        Set("segment.ms", "1");
        Fixture.Time.Advance(TimeSpan.FromMilliseconds(2));
        Log.Upkeep.CloseOld();
        Set("segment.ms", age ?? "604800000");
    }

    public CompactionResult? Compact(long buffer = Buffer) => Log.Cleaner.Compact(buffer, CompactionPace.None, default);

    /// <summary>Closes in order and opens again.</summary>
    public void Restart()
    {
        Assert.True(Log.CloseCleanly());
        Log = Fixture.Open();
    }

    /// <summary>Opens again what was not closed.</summary>
    public void Crash(bool isPowerCut) => Log = isPowerCut ? Fixture.OpenAfterPowerCut() : Fixture.Open(StartKind.Unclean);

    /// <summary>Everything from an offset on; what cannot be read fails, or is added to the gaps.</summary>
    public List<Entry> Read(long offset = 0, int maxBytes = 1 << 20, List<OffsetRange>? gaps = null)
    {
        var found = new List<Entry>();
        for (var next = offset; next < Log.HighWatermark.Value;)
        {
            var (error, slice) = Log.Read(next, maxBytes);
            if (slice.Corrupt is { } gap && gaps is not null)
            {
                gaps.Add(gap);
                next = gap.To;
                continue;
            }

            Assert.Equal((BrokerError.None, null), (error, slice.Corrupt));
            if (slice.Buffer is not { } buffer) break;
            var rest = buffer.AsMemory(0, slice.Count);
            while (RecordBatch.TryRead(rest, out var batch))
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record))
                {
                    if (record.Offset >= offset) found.Add(ToEntry(record));
                }

                (rest, next) = (rest[batch.Size..], batch.NextOffset);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        return found;
    }

    /// <summary>Every batch of the log's files, checksums looked at.</summary>
    public List<RecordBatch> Batches()
    {
        var batches = new List<RecordBatch>();
        foreach (var name in LogFiles)
        {
            var rest = File.ReadAllBytes(Path.Combine(Fixture.LogDirectory, name)).AsMemory();
            while (rest.Span.ContainsAnyExcept((byte)0)) // behind the active segment's batches there may be room
            {
                Assert.True(RecordBatch.TryRead(rest, out var batch) && batch.IsCrcValid());
                batches.Add(batch);
                rest = rest[batch.Size..];
            }
        }

        return batches;
    }

    private static Entry ToEntry(in RestBroker.Core.Records.Record record)
    {
        var entry = new Entry(record.Offset, Text(record.Key), Text(record.Value), record.Timestamp);
        Assert.Equal($"{entry.Key}={entry.Value}", Text(Assert.Single(record.Headers).Value));
        return entry;
    }

    private static ReadOnlyMemory<byte>? Bytes(string? text) => text is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text);

    private static string? Text(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? Encoding.UTF8.GetString(some.Span) : null;
}
