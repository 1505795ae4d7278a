using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using RestBroker.Storage.Files;

namespace RestBroker.Tests.Storage;

/// <summary>Producers are refused before the disk is full, so that whoever makes room still can.</summary>
public sealed class DiskReserveTests : IDisposable
{
    private const long Mebibyte = 1024 * 1024;

    private readonly TempDirectory _directory = new();
    private readonly FaultyFileStore _files = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private long _free = 1000 * Mebibyte;

    public DiskReserveTests() => _files.SpaceOf = () => new DiskSpace(10_000 * Mebibyte, _free);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Producers_are_refused_while_reads_deletions_and_commits_go_on_and_no_restart_is_needed()
    {
        await using var engine = await OpenAsync();
        var topic = await CreateAsync(engine, "orders");
        for (var i = 0; i < 3; i++) await ProduceAsync(engine, 100);
        Become(free: 64 * Mebibyte);

        var refused = await Assert.ThrowsAsync<BrokerException>(() => ProduceAsync(engine, 100));
        Assert.Equal((BrokerError.DiskFull, SideEffects.None), (refused.Error, refused.SideEffects));
        Assert.Equal(BrokerError.DiskFull, (await Assert.ThrowsAsync<BrokerException>(() => CreateAsync(engine, "more"))).Error);
        Assert.True(engine.IsHealthy);

        using (var read = await engine.FetchAsync(new FetchRequest { Partitions = [new(new("orders", 0), 0)] }, default))
            Assert.False(read.Partitions[0].Batches.IsEmpty);
        await engine.CommitOffsetsAsync("group", [new CommittedOffset(new("orders", 0), topic.TopicId, 2)], default);
        Assert.Equal(2, Assert.Single(await engine.FetchCommittedOffsetsAsync("group", default)).NextOffset);
        Assert.Equal(2, await engine.DeleteRecordsAsync(new("orders", 0), 2, default));
        await engine.AlterTopicAsync(new TopicAlteration("orders", null, new Dictionary<string, string?> { ["retention.ms"] = "1" }, null, null), default);

        Become(free: 65 * Mebibyte);
        Assert.Equal(3, (await ProduceAsync(engine, 100)).BaseOffset);
        Become(free: 0);
        await engine.DeleteTopicAsync("orders", default);
    }

    [Fact]
    public async Task A_burst_between_two_looks_at_the_disk_does_not_reach_the_reserve()
    {
        await using var engine = await OpenAsync();
        await CreateAsync(engine, "orders");
        Become(free: 66 * Mebibyte);

        await ProduceAsync(engine, (int)Mebibyte);
        var refused = await Assert.ThrowsAsync<BrokerException>(() => ProduceAsync(engine, (int)Mebibyte));

        Assert.Equal(BrokerError.DiskFull, refused.Error);
    }

    [Theory]
    [InlineData(6_000, false)]
    [InlineData(60_000, true)]
    public async Task Room_ahead_of_a_segments_end_is_made_of_what_is_not_reserved(long free, bool isMade)
    {
        await using var engine = await OpenAsync();
        await CreateAsync(engine, "orders");
        Become(64 * Mebibyte + free);

        for (var i = 0; i < 5; i++) await ProduceAsync(engine, 1000);

        var segment = Assert.Single(Directory.GetFiles(Path.Combine(_directory.Path, "topics"), "*.log", SearchOption.AllDirectories));
        Assert.Equal(isMade, new FileInfo(segment).Length > 6_000);
    }

    [Theory]
    [InlineData(8 * Mebibyte, 8 * Mebibyte / 20)]
    [InlineData(1280 * Mebibyte, 64 * Mebibyte)]
    [InlineData(1_000_000 * Mebibyte, 64 * Mebibyte)]
    public void The_reserve_is_at_most_a_twentieth_of_the_disk(long size, long expected)
    {
        _files.SpaceOf = () => new DiskSpace(size, size);

        Assert.Equal(expected, new DiskReserve(_files, "/", 64 * Mebibyte, _time, NullLogger.Instance).Bytes);
    }

    [Fact]
    public void Without_a_reserve_the_disk_itself_refuses()
    {
        Become(free: 0);

        Assert.True(new DiskReserve(_files, "/", 0, _time, NullLogger.Instance).TryTake(1));
    }

    private void Become(long free)
    {
        _free = free;
        _time.Advance(DiskReserve.LookInterval);
    }

    private Task<EmbeddedLogEngine> OpenAsync() => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _directory.Path }, _time, NullLoggerFactory.Instance, _files, default);

    private static async Task<TopicDescription> CreateAsync(EmbeddedLogEngine engine, string topic) =>
        await engine.CreateTopicAsync(new TopicSpec(topic, 1, null, new Dictionary<string, string>()), default);

    private static async Task<ProduceResult> ProduceAsync(EmbeddedLogEngine engine, int size)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, Encoding.UTF8.GetBytes(new string('x', size)));
        return await engine.ProduceAsync(new ProduceRequest(new("orders", 0), builder.Build(), Acks.All), default);
    }
}
