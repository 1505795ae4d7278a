using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage;

namespace RestBroker.CrashTests.Disk;

/// <summary>V2: whoever got the answer to a produce, or saw a record, sees it from then on; so does everybody who asks later.</summary>
public sealed class LinearizabilityTests(Xunit.Abstractions.ITestOutputHelper output) : IDisposable
{
    private const int Clients = 4, OperationsPerClient = 50;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("restbroker-linear-");

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task The_end_of_a_log_is_linearizable()
    {
        var (seed, histories) = (Effort.Seed(), Effort.Of(20, 1_000));
        output.WriteLine($"seed {seed}");
        var disk = new FaultyDisk(seed);
        disk.CreateDirectory(_root.FullName);
        await using var engine = await EmbeddedLogEngine.OpenAsync(
            new LogConfig { DataDirectory = _root.FullName }, TimeProvider.System, NullLoggerFactory.Instance, disk, default);
        for (var i = 0; i < histories; i++)
        {
            await engine.CreateTopicAsync(new TopicSpec($"t{i}", 1, null, new Dictionary<string, string> { ["segment.bytes"] = "2048" }), default);
            var partition = new TopicPartition($"t{i}", 0);
            var (clock, operations) = (new Clock(), new ConcurrentBag<Operation>());
            var clients = Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(engine, partition, new Random(seed + (i * 10) + client), clock, operations)));
            await Task.WhenAll(clients);
            Assert.True(Explain(operations) is null, $"Seed {seed}, history {i}: {Explain(operations)}");
            await engine.DeleteTopicAsync($"t{i}", default);
        }

        var total = histories * Clients * OperationsPerClient;
        output.WriteLine(FaultTable.Add($"none: histories of {Clients * OperationsPerClient} operations, linearizable", histories, new Verdict(total, total, 0, 0, 0, 0, 0, 0, 0, 0, 0), $"{seed}"));
    }

    private static async Task RunAsync(EmbeddedLogEngine engine, TopicPartition partition, Random random, Clock clock, ConcurrentBag<Operation> operations)
    {
        for (var i = 0; i < OperationsPerClient; i++)
        {
            var begin = clock.Next();
            if (random.Next(2) == 0)
            {
                using var builder = new RecordBatchBuilder();
                builder.Append(1_000, null, Encoding.UTF8.GetBytes(new string('x', random.Next(200))));
                var result = await engine.ProduceAsync(new ProduceRequest(partition, builder.Build(), Acks.All), default);
                operations.Add(new Operation(begin, clock.Next(), IsAppend: true, result.BaseOffset));
            }
            else
            {
                var end = await ReadAsync(engine, partition);
                operations.Add(new Operation(begin, clock.Next(), IsAppend: false, end));
            }
        }
    }

    // To the end as it was at the first look: what the high watermark tells can be read.
    private static async Task<long> ReadAsync(EmbeddedLogEngine engine, TopicPartition partition)
    {
        long end = -1;
        for (long offset = 0; ;)
        {
            using var result = await engine.FetchAsync(new FetchRequest { Partitions = [new(partition, offset)] }, default);
            if (end < 0) end = result.Partitions[0].HighWatermark;
            if (offset >= end) return end;
            var rest = result.Partitions[0].Batches.ToArray().AsMemory();
            Assert.False(rest.IsEmpty);
            while (RecordBatch.TryRead(rest, out var batch)) (offset, rest) = (batch.NextOffset, rest[batch.Size..]);
        }
    }

    // Appends that do not overlap in time lie in the order of time; a reader sees every append that was answered before it asked and
    // none that began after it was answered; a later reader sees no less.
    private static string? Explain(IReadOnlyCollection<Operation> operations)
    {
        var pairs = from first in operations from second in operations where first.End < second.Begin select (first, second);
        foreach (var (first, second) in pairs)
        {
            var isRight = (first.IsAppend, second.IsAppend) switch
            {
                (true, true) => first.Offset < second.Offset,
                (true, false) => first.Offset < second.Offset,
                (false, true) => first.Offset <= second.Offset,
                (false, false) => first.Offset <= second.Offset,
            };
            if (!isRight) return $"{first} came before {second}.";
        }

        return operations.Where(o => o.IsAppend).GroupBy(o => o.Offset).FirstOrDefault(group => group.Count() > 1) is { } twice ? $"{twice.Key} was given out twice." : null;
    }

    /// <param name="Begin">When it was asked.</param>
    /// <param name="End">When it was answered.</param>
    /// <param name="IsAppend">Whether it wrote; else it read the whole log.</param>
    /// <param name="Offset">The offset it got, or one past the last it saw.</param>
    private sealed record Operation(long Begin, long End, bool IsAppend, long Offset);

    private sealed class Clock
    {
        private long _now;

        public long Next() => Interlocked.Increment(ref _now);
    }
}
