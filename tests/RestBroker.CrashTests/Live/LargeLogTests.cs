using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.CrashTests.History;
using RestBroker.Storage;

namespace RestBroker.CrashTests.Live;

/// <summary>A partition beyond 2^31 bytes, in segments as large as they can be: nothing counts bytes in 32 bits.</summary>
public sealed class LargeLogTests : IDisposable
{
    private const int ValueSize = 1_000_000;
    private static readonly TopicPartition Partition = new("big", 0);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restbroker-large-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Every_record_of_a_large_partition_is_found_before_and_after_a_restart()
    {
        var count = Effort.Of(50, 5_000);
        var value = new byte[ValueSize];
        await using (var engine = await OpenAsync())
        {
            await engine.CreateTopicAsync(
                new TopicSpec("big", 1, null, new Dictionary<string, string> { ["segment.bytes"] = $"{int.MaxValue}", ["durability"] = "async" }), default);
            for (var i = 0; i < count; i++)
            {
                using var builder = new RecordBatchBuilder();
                builder.Append(1_000_000 + i, Encoding.ASCII.GetBytes($"{i}"), value);
                Assert.Equal(i, (await engine.ProduceAsync(new ProduceRequest(Partition, builder.Build(), Acks.Leader), default)).BaseOffset);
            }

            await LookAsync(engine, count);
        }

        await using (var engine = await OpenAsync())
        {
            await LookAsync(engine, count);
            Assert.Equal(count - 1, await engine.DeleteRecordsAsync(Partition, count - 1, default));
            Assert.Equal($"{count - 1}", await KeyAtAsync(engine, count - 1));
        }
    }

    private static async Task LookAsync(EmbeddedLogEngine engine, int count)
    {
        Assert.True((await engine.DescribePartitionsAsync("big", default))[0].Bytes > (long)count * ValueSize);
        foreach (var offset in (int[])[0, 1, count / 3, count / 2, count * 2 / 3, count - 1])
        {
            Assert.Equal($"{offset}", await KeyAtAsync(engine, offset));
            Assert.Equal(offset, (await engine.ListOffsetsAsync("big", OffsetSpec.At(1_000_000 + offset), default))[0].Offset);
        }
    }

    private static async Task<string> KeyAtAsync(EmbeddedLogEngine engine, long offset)
    {
        using var result = await engine.FetchAsync(new FetchRequest { Partitions = [new(Partition, offset)], MaxBytes = 1 }, default);
        Assert.Equal(BrokerError.None, result.Partitions[0].Error);
        Assert.True(RecordBatch.TryRead(result.Partitions[0].Batches.ToArray(), out var batch));
        using var reader = new RecordBatchReader(batch);
        Assert.True(reader.TryRead(out var record));
        Assert.Equal(offset, record.Offset);
        return Encoding.ASCII.GetString(record.Key!.Value.Span);
    }

    private Task<EmbeddedLogEngine> OpenAsync() => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _directory.FullName }, TimeProvider.System, NullLoggerFactory.Instance, default);
}
