using System.Text;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;

namespace RestBroker.Tests.Contract;

/// <summary>
/// What the suites have in common that say what every engine must do; each is run against each engine. Optional powers are tested where
/// the engine has them.
/// </summary>
/// <typeparam name="TEngine">The engine.</typeparam>
public abstract class EngineContract<TEngine> : IAsyncLifetime
    where TEngine : EngineUnderTest, new()
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TEngine _host = new();

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    protected ILogEngine Engine { get; private set; } = null!;

    public async Task InitializeAsync() => Engine = await _host.OpenAsync(Time);

    public async Task DisposeAsync()
    {
        await Engine.DisposeAsync();
        _host.Dispose();
    }

    protected static FetchRequest Fetch(string topic, int partition, long offset) =>
        new() { Partitions = [new FetchPartition(new(topic, partition), offset)] };

    protected static RecordBatchBuilder Batch(params string[] values)
    {
        var builder = new RecordBatchBuilder();
        foreach (var value in values) builder.Append(1_000, null, Encoding.UTF8.GetBytes(value));
        return builder;
    }

    /// <summary>Compacts what is due, where the engine can be told to.</summary>
    protected Task CompactAsync() => _host.CompactAsync(Engine);

    protected async Task<TopicDescription> CreateCompactedAsync(string topic, params (string Name, string Value)[] configs) =>
        await Engine.CreateTopicAsync(
            new TopicSpec(topic, 1, null, new Dictionary<string, string> { ["cleanup.policy"] = "compact" }.Concat(configs.Select(config => KeyValuePair.Create(config.Name, config.Value))).ToDictionary()), default);

    protected async Task<ProduceResult> ProduceKeyedAsync(string topic, params (string Key, string? Value)[] records)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var (key, value) in records)
            builder.Append(1_000, Encoding.UTF8.GetBytes(key), value is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(value));
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, 0), builder.Build(), Acks.All), default);
    }

    protected async Task<TopicDescription> CreateAsync(string topic, int partitions) =>
        await Engine.CreateTopicAsync(new TopicSpec(topic, partitions, null, new Dictionary<string, string>()), default);

    protected Task<ProduceResult> ProduceAsync(string topic, int partition, params string[] values) =>
        ProduceAsync(topic, partition, null, values);

    protected async Task<ProduceResult> ProduceAsync(string topic, int partition, Guid? topicId, params string[] values)
    {
        using var builder = Batch(values);
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, partition), builder.Build(), Acks.All, null, topicId), default);
    }

    protected async Task<ProduceResult> ProduceAtAsync(string topic, int partition, params long[] timestamps)
    {
        using var builder = new RecordBatchBuilder();
        foreach (var timestamp in timestamps) builder.Append(timestamp, null, null);
        return await Engine.ProduceAsync(new ProduceRequest(new(topic, partition), builder.Build(), Acks.All), default);
    }

    protected async Task<List<(long Offset, string Value)>> ReadAsync(string topic, int partition, long offset)
    {
        using var result = await Engine.FetchAsync(Fetch(topic, partition, offset), default);
        var records = new List<(long, string)>();
        var rest = Copy(result.Partitions[0].Batches).AsMemory();
        while (RecordBatch.TryRead(rest, out var batch))
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
            {
                if (record.Offset >= offset) records.Add((record.Offset, Encoding.UTF8.GetString(record.Value!.Value.Span)));
            }

            rest = rest[batch.Size..];
        }

        return records;
    }

    protected static async Task<BrokerError> ErrorOf(Func<Task> action)
    {
        try
        {
            await action();
            return BrokerError.None;
        }
        catch (BrokerException e)
        {
            return e.Error;
        }
    }

    protected static byte[] Copy(ReadOnlyMemory<byte> bytes) => bytes.ToArray();
}
