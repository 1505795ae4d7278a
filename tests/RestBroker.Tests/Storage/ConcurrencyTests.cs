using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Tests.Storage;

public sealed class ConcurrencyTests : IDisposable
{
    private const int Writers = 8;
    private const int BatchesPerWriter = 200;

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("fsync", 1)]
    [InlineData("async", 2)]
    public async Task Eight_writers_and_four_tailing_readers_agree_on_every_record(string durability, int seed)
    {
        await using var engine = await EmbeddedLogEngine.OpenAsync(
            new LogConfig { DataDirectory = _directory.Path, MaxOpenSegments = 3 }, TimeProvider.System, NullLoggerFactory.Instance, default);
        await engine.CreateTopicAsync(
            new TopicSpec("orders", 1, null, new Dictionary<string, string> { ["segment.bytes"] = "16384", ["durability"] = durability }), default);
        var acked = new ConcurrentDictionary<long, string>();
        var total = Enumerable.Range(0, Writers).Sum(writer => Sizes(seed, writer).Sum());

        var writers = Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(engine, seed, writer, acked))).ToList();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => ReadAsync(engine, total))).ToList();
        await Task.WhenAll(writers);
        var histories = await Task.WhenAll(readers).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(total, acked.Count);
        foreach (var history in histories)
        {
            Assert.Equal(Enumerable.Range(0, total).Select(offset => acked[offset]), history);
            foreach (var ofWriter in history.GroupBy(value => value.Split(' ')[0]))
                Assert.Equal(Enumerable.Range(0, ofWriter.Count()), ofWriter.Select(value => int.Parse(value.Split(' ')[1], null)));
        }
    }

    private static IEnumerable<int> Sizes(int seed, int writer)
    {
        var random = new Random((seed * 1000) + writer);
        for (var i = 0; i < BatchesPerWriter; i++) yield return random.Next(1, 6);
    }

    private static async Task WriteAsync(EmbeddedLogEngine engine, int seed, int writer, ConcurrentDictionary<long, string> acked)
    {
        var number = 0;
        foreach (var size in Sizes(seed, writer))
        {
            using var builder = new RecordBatchBuilder();
            var values = Enumerable.Range(number, size).Select(i => $"{writer} {i} {new string('x', i % 50)}").ToList();
            foreach (var value in values) builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
            var result = await engine.ProduceAsync(new ProduceRequest(new("orders", 0), builder.Build(), Acks.All), default);
            for (var i = 0; i < size; i++) Assert.True(acked.TryAdd(result.BaseOffset + i, values[i]), "an offset was given out twice");
            number += size;
        }
    }

    private static async Task<List<string>> ReadAsync(EmbeddedLogEngine engine, int total)
    {
        var history = new List<string>();
        for (long offset = 0; history.Count < total;)
        {
            using var result = await engine.FetchAsync(
                new FetchRequest { Partitions = [new(new("orders", 0), offset)], MaxWait = TimeSpan.FromSeconds(30), MaxBytes = 3_000 }, default);
            Assert.True(result.HasBatches, "a fetch came back empty while records were being written");
            var rest = result.Partitions[0].Batches.ToArray().AsMemory();
            while (RecordBatch.TryRead(rest, out var batch))
            {
                using var reader = new RecordBatchReader(batch);
                while (reader.TryRead(out var record))
                {
                    if (record.Offset >= offset) history.Add(Encoding.UTF8.GetString(record.Value!.Value.Span));
                }

                (offset, rest) = (batch.NextOffset, rest[batch.Size..]);
            }
        }

        return history;
    }
}
