using System.Buffers;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;
using RestBroker.Storage.Producers;
using RestBroker.Storage.Recovery;

namespace RestBroker.Tests.Storage;

/// <summary>One log on a real disk. Opened again and again it plays the restarts of a broker; what is not closed has crashed.</summary>
internal sealed class LogFixture : IDisposable
{
    private readonly LogFlusher _flusher = new(1, NullLogger<LogFlusher>.Instance);
    private readonly TempDirectory _directory = new();
    private int _leaderEpoch;

    public LogFixture() => Directory.CreateDirectory(LogDirectory);

    public FaultyFileStore Files { get; } = new();

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    /// <summary>Another clock than <see cref="Time"/>, from the next opening on.</summary>
    public TimeProvider? Clock { get; set; }

    public LogLines Logs { get; } = new();

    public ProducerLimits Limits { get; set; } = ProducerLimits.Default;

    public Dictionary<string, string> Configs { get; } = [];

    public Guid BootId { get; set; } = Guid.NewGuid();

    public string LogDirectory => Path.Combine(_directory.Path, "topic", "0");

    public string Quarantine => Path.Combine(_directory.Path, "quarantine");

    public RecoveryReport Report { get; private set; } = new();

    public string FirstSegment => Path.Combine(LogDirectory, $"{0:D20}.log");

    public void Dispose()
    {
        _flusher.Dispose();
        _directory.Dispose();
    }

    public PartitionLog Open(StartKind start = StartKind.Clean)
    {
        if (start != StartKind.Clean) _leaderEpoch++;
        Report = new RecoveryReport();
        var host = new LogHost(new OpenSegments(Files, 100), _flusher, Clock ?? Time, _leaderEpoch, BootId, TimeSpan.FromSeconds(1), Logs)
        {
            Producers = new LiveProducers(Limits),
        };
        return new LogLoader(host, start, Quarantine).Recover(new TopicPartition("topic", 0), LogDirectory, TopicConfig.Parse(Configs), Report).Finish();
    }

    /// <summary>The same under a machine that was switched off in between.</summary>
    public PartitionLog OpenAfterPowerCut()
    {
        BootId = Guid.NewGuid();
        return Open(StartKind.Unclean);
    }

    /// <summary>Appends a batch of some values and waits until it is committed.</summary>
    public static async Task<long> AppendAsync(PartitionLog log, params string[] values)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var value in values) builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
        var (result, committed) = log.Append(builder.Build(), null, wait: true);
        await committed.WaitAsync(TimeSpan.FromSeconds(30));
        return result.BaseOffset;
    }

    /// <summary>Everything from an offset on: "3 value", or "!5-7" for offsets that cannot be read.</summary>
    public static List<string> Read(PartitionLog log, long offset = 0, int maxBytes = 1 << 20)
    {
        var found = new List<string>();
        while (offset < log.HighWatermark.Value)
        {
            var (error, slice) = log.Read(offset, maxBytes);
            if (slice.Corrupt is { } corrupt)
            {
                Assert.Equal(BrokerError.RecordCorrupt, error);
                Assert.True(corrupt.To > offset, "a reader must get on");
                found.Add($"!{corrupt.From}-{corrupt.To}");
                offset = corrupt.To;
                continue;
            }

            Assert.Equal(BrokerError.None, error);
            if (slice.Buffer is not { } buffer) break;
            var rest = buffer.AsMemory(0, slice.Count);
            while (RecordBatch.TryRead(rest, out var batch))
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record))
                {
                    if (record.Offset >= offset) found.Add($"{record.Offset} {Encoding.UTF8.GetString(record.Value!.Value.Span)}");
                }

                rest = rest[batch.Size..];
                offset = batch.NextOffset;
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        return found;
    }
}
