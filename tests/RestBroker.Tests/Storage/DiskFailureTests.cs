using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Tests.Storage;

public sealed class DiskFailureTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FaultyFileStore _files = new();

    private string Marker => Path.Combine(_directory.Path, "clean-shutdown");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task One_log_that_fails_leaves_the_others_and_no_clean_marker()
    {
        await using (var engine = await OpenAsync())
        {
            var sick = await CreateAsync(engine, "sick");
            await CreateAsync(engine, "well");
            await ProduceAsync(engine, "sick");
            Assert.True(engine.IsHealthy);
            _files.Fault = (call, path) =>
                call == FileCall.Sync && path.Contains(sick.TopicId.ToString(), StringComparison.Ordinal) ? FaultyFileStore.IoError : 0;

            var failed = await Assert.ThrowsAsync<BrokerException>(() => ProduceAsync(engine, "sick"));

            Assert.Equal(BrokerError.StorageFailed, failed.Error);
            Assert.False(engine.IsHealthy);
            Assert.Equal(0, (await ProduceAsync(engine, "well")).BaseOffset);
            await engine.CreateTopicAsync(new TopicSpec("later", 1, null, new Dictionary<string, string>()), default);
        }

        Assert.False(File.Exists(Marker));
        _files.Fault = (_, _) => 0;
        await using (var engine = await OpenAsync())
        {
            Assert.True(engine.IsHealthy);
            Assert.Equal(3, (await engine.ListTopicsAsync(new TopicQuery("", null, 10, false), default)).Topics.Count);
            await ProduceAsync(engine, "sick");
        }

        Assert.True(File.Exists(Marker));
    }

    [Fact]
    public async Task A_topic_whose_directories_cannot_be_made_does_not_exist()
    {
        await using var engine = await OpenAsync();
        _files.Fault = (call, _) => call == FileCall.SyncDirectory ? FaultyFileStore.NoSpace : 0;

        var refused = await Assert.ThrowsAsync<BrokerException>(() => CreateAsync(engine, "orders"));
        _files.Fault = (_, _) => 0;

        Assert.Equal((BrokerError.DiskFull, SideEffects.None), (refused.Error, refused.SideEffects));
        Assert.Null(await engine.DescribeTopicAsync("orders", default));
        await CreateAsync(engine, "orders");
    }

    [Fact]
    public async Task A_partition_that_cannot_be_read_fails_alone()
    {
        await using var engine = await OpenAsync();
        await CreateAsync(engine, "orders");
        await ProduceAsync(engine, "orders");
        _files.Fault = (call, _) => call == FileCall.Read ? FaultyFileStore.IoError : 0;

        using var result = await engine.FetchAsync(new FetchRequest { Partitions = [new(new("orders", 0), 0)] }, default);

        Assert.Equal(BrokerError.StorageFailed, result.Partitions[0].Error);
        _files.Fault = (_, _) => 0;
    }

    private Task<EmbeddedLogEngine> OpenAsync() => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _directory.Path }, TimeProvider.System, NullLoggerFactory.Instance, _files, default);

    private static async Task<TopicDescription> CreateAsync(EmbeddedLogEngine engine, string topic) =>
        await engine.CreateTopicAsync(new TopicSpec(topic, 1, null, new Dictionary<string, string>()), default);

    private static async Task<ProduceResult> ProduceAsync(EmbeddedLogEngine engine, string topic)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, Encoding.UTF8.GetBytes("value"));
        return await engine.ProduceAsync(new ProduceRequest(new(topic, 0), builder.Build(), Acks.All), default);
    }
}
