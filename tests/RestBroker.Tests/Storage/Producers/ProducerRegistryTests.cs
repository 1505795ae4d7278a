using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using RestBroker.Storage.Producers;

namespace RestBroker.Tests.Storage.Producers;

/// <summary>Ids and epochs over restarts, in order or not.</summary>
public sealed class ProducerRegistryTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_id_is_given_out_once_and_an_old_epoch_stays_fenced_over_restarts(bool isClean)
    {
        var given = new HashSet<long>();
        var raised = new List<ProducerIdentity>();
        for (var start = 0; start < 4; start++)
        {
            if (!isClean) File.Delete(Path.Combine(_directory.Path, "clean-shutdown")); // without it the process was killed, for all anybody knows
            await using var engine = await OpenAsync();
            if (start == 0) await engine.CreateTopicAsync(new TopicSpec("orders", 1, null, new Dictionary<string, string>()), default);
            foreach (var producer in raised)
            {
                Assert.Equal(producer, await engine.DescribeProducerAsync(producer.ProducerId, default));
                Assert.Equal(BrokerError.ProducerFenced, await ErrorOf(engine, producer with { Epoch = (short)(producer.Epoch - 1) }));
            }

            for (var i = 0; i < 1_200; i++) Assert.True(given.Add((await engine.InitProducerAsync(null, default)).ProducerId));
            raised.Add(await engine.InitProducerAsync(given.Max(), default));
        }

        Assert.All(given, id => Assert.True(ProducerIds.IsCounted(id)));
    }

    [Fact]
    public async Task Damage_in_the_registry_leads_to_ids_far_beyond_those_given_out()
    {
        long last = 0;
        await using (var engine = await OpenAsync())
        {
            for (var i = 0; i < 2_500; i++) last = (await engine.InitProducerAsync(null, default)).ProducerId;
        }

        var log = Assert.Single(Directory.GetFiles(Path.Combine(_directory.Path, "topics"), "*.log", SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(log);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(log, bytes);

        await using (var engine = await OpenAsync())
            Assert.True((await engine.InitProducerAsync(null, default)).ProducerId > last + 1_000_000);
    }

    [Fact]
    public async Task Where_a_producer_stands_is_told_when_its_records_are_on_the_disk()
    {
        var files = new FaultyFileStore();
        using var disk = new ManualResetEventSlim();
        await using var engine = await EmbeddedLogEngine.OpenAsync(
            new LogConfig { DataDirectory = _directory.Path }, _time, NullLoggerFactory.Instance, files, default);
        var topic = await engine.CreateTopicAsync(new TopicSpec("orders", 1, null, new Dictionary<string, string>()), default);
        var producer = await engine.InitProducerAsync(null, default);
        files.Fault = (call, path) =>
        {
            if (call == FileCall.Sync && path.Contains(topic.TopicId.ToString(), StringComparison.Ordinal) && path.EndsWith(".log", StringComparison.Ordinal)) disk.Wait(TimeSpan.FromSeconds(30));
            return 0;
        };
        using var builder = new RecordBatchBuilder { Producer = (producer.ProducerId, 0, 0) };
        builder.Append(1_000, null, null);
        await engine.ProduceAsync(new ProduceRequest(new("orders", 0), builder.Build(), Acks.Leader), default);

        using var gap = new RecordBatchBuilder { Producer = (producer.ProducerId, 0, 5) };
        gap.Append(1_000, null, null);

        var asked = engine.FindProducerAsync("orders", producer.ProducerId, default).AsTask();
        var refused = engine.ProduceAsync(new ProduceRequest(new("orders", 0), gap.Build(), Acks.Leader), default).AsTask();

        Assert.False(asked.IsCompleted || refused.IsCompleted);
        disk.Set();
        Assert.Equal(1, (await Assert.ThrowsAsync<BrokerException>(() => refused.WaitAsync(TimeSpan.FromSeconds(30)))).Members["nextSequence"]);
        Assert.Equal(1, Assert.Single(await asked.WaitAsync(TimeSpan.FromSeconds(30))).NextSequence);
    }

    [Fact]
    public async Task The_registry_is_an_internal_topic()
    {
        await using var engine = await OpenAsync();
        await engine.InitProducerAsync(null, default);

        Assert.True((await engine.DescribeTopicAsync(ProducerRegistry.TopicName, default))!.IsInternal);
    }

    [Theory]
    [InlineData(3, 1_000)]
    [InlineData(1_000, 3)]
    public async Task The_oldest_keys_are_forgotten_in_all_partitions_alike(int perTopic, int inAll)
    {
        var config = new LogConfig
        {
            DataDirectory = _directory.Path,
            MaxIdempotencyKeysPerTopic = perTopic,
            MaxIdempotencyKeys = inAll,
            CleanerInterval = TimeSpan.FromMinutes(1),
        };
        await using var engine = await EmbeddedLogEngine.OpenAsync(config, _time, NullLoggerFactory.Instance, default);
        await engine.CreateTopicAsync(new TopicSpec("orders", 2, null, new Dictionary<string, string>()), default);
        for (var i = 0; i < 5; i++)
        {
            await SendKeyAsync(engine, i, i % 2);
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        // Once: beside a busy machine a clock that goes on would reach the day after which every key is forgotten.
        _time.Advance(config.CleanerInterval);
        await Eventually.IsTrueAsync(async () => (await engine.FindProducerAsync("orders", ProducerIds.FirstOfKeys + 1, default)).Count == 0);

        var known = new List<bool>();
        for (var i = 0; i < 5; i++) known.Add((await engine.FindProducerAsync("orders", ProducerIds.FirstOfKeys + i, default)).Count > 0);
        Assert.Equal([false, false, true, true, true], known);
    }

    private async Task<EmbeddedLogEngine> OpenAsync() =>
        await EmbeddedLogEngine.OpenAsync(new LogConfig { DataDirectory = _directory.Path }, _time, NullLoggerFactory.Instance, default);

    private static async Task SendKeyAsync(ILogEngine engine, int key, int partition)
    {
        var (header, _) = IdempotencyMark.Of($"{key}", new byte[32], 2);
        using var builder = new RecordBatchBuilder { Producer = (ProducerIds.FirstOfKeys + key, 0, 0) };
        builder.Append(1_000, null, null, [header]);
        await engine.ProduceAsync(new ProduceRequest(new("orders", partition), builder.Build(), Acks.All), default);
    }

    private static async Task<BrokerError> ErrorOf(ILogEngine engine, ProducerIdentity producer)
    {
        using var builder = new RecordBatchBuilder { Producer = (producer.ProducerId, producer.Epoch, 0) };
        builder.Append(1_000, null, null);
        var request = new ProduceRequest(new("orders", 0), builder.Build(), Acks.All);
        return (await Assert.ThrowsAsync<BrokerException>(() => engine.ProduceAsync(request, default).AsTask())).Error;
    }
}
