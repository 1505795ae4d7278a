using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Storage;

/// <summary>F4 for the list of topics: one flipped bit in it must not take a topic, nor put an empty one in its place.</summary>
public sealed class CatalogDamageTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("\"orders\"")]
    [InlineData("\"partitionCount\":3")]
    public async Task A_topic_whose_record_is_damaged_comes_back_with_its_records(string damaged)
    {
        var written = await WriteAsync();
        LogDamage.Flip(Path.Combine(_directory.Path, "metadata"), damaged);

        for (var start = 0; start < 2; start++)
        {
            await using var engine = await OpenAsync();
            var orders = await engine.DescribeTopicAsync("orders", default);
            Assert.Equal((written.TopicId, 3, 2), (orders!.TopicId, orders.PartitionCount, orders.Version));
            var partitions = await engine.DescribePartitionsAsync("orders", default);
            Assert.Equal([1, 0, 1], partitions.Select(partition => partition.HighWatermark));
            Assert.NotNull(await engine.DescribeTopicAsync("payments", default));
            Assert.True(engine.IsHealthy);
        }
    }

    [Fact]
    public async Task No_topic_takes_the_name_of_one_of_which_only_the_directory_is_left()
    {
        var written = await WriteAsync();
        LogDamage.Flip(Path.Combine(_directory.Path, "metadata"), "\"partitionCount\":2");
        LogDamage.Flip(Path.Combine(_directory.Path, "metadata"), "\"partitionCount\":3");
        File.Delete(Path.Combine(_directory.Path, "catalog.db"));

        var lost = Path.Combine(_directory.Path, "topics", written.TopicId.ToString());
        await using (var engine = await OpenAsync())
        {
            Assert.Null(await engine.DescribeTopicAsync("orders", default));
            var refused = await Assert.ThrowsAsync<BrokerException>(() => CreateAsync(engine, "orders", 1));
            Assert.Equal(BrokerError.StorageFailed, refused.Error);
            Assert.Contains("lacks the names of 1 directories", refused.Message, StringComparison.Ordinal);
            Assert.Equal(0, (await ProduceAsync(engine, new("payments", 0))).BaseOffset);
        }

        Directory.Move(lost, Path.Combine(_directory.Path, "orders-kept"));
        await using (var engine = await OpenAsync()) Assert.Equal(1, (await CreateAsync(engine, "orders", 1)).PartitionCount);
    }

    // A topic of two partitions that gets a third, between two others.
    private async Task<TopicDescription> WriteAsync()
    {
        await using var engine = await OpenAsync();
        await CreateAsync(engine, "clicks", 1);
        var orders = await CreateAsync(engine, "orders", 2);
        await CreateAsync(engine, "payments", 1);
        await engine.AlterTopicAsync(new TopicAlteration("orders", 3, new Dictionary<string, string?>(), null, null), default);
        foreach (var partition in (int[])[0, 2]) await ProduceAsync(engine, new("orders", partition));
        await engine.ListTopicsAsync(new TopicQuery("", null, 10, true), default); // waits for the projection
        return orders;
    }

    private static Task<TopicDescription> CreateAsync(EmbeddedLogEngine engine, string name, int partitions) =>
        engine.CreateTopicAsync(new TopicSpec(name, partitions, null, new Dictionary<string, string>()), default).AsTask();

    private static async Task<ProduceResult> ProduceAsync(EmbeddedLogEngine engine, TopicPartition partition)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1, null, Encoding.UTF8.GetBytes("value"));
        return await engine.ProduceAsync(new ProduceRequest(partition, builder.Build(), Acks.All), default);
    }

    private Task<EmbeddedLogEngine> OpenAsync() =>
        EmbeddedLogEngine.OpenAsync(new LogConfig { DataDirectory = _directory.Path }, TimeProvider.System, NullLoggerFactory.Instance, default);
}
