using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Benchmarks.Load;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Benchmarks.Micro;

/// <summary>The engine alone, over a log in the page cache: appending a batch of 100 records of 1 KiB, and reading one.</summary>
[MemoryDiagnoser]
public class EngineBenchmarks : IDisposable
{
    private const int Records = 100;

    private static readonly TopicPartition Partition = new("bench", 0);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("restbroker-micro-");
    private readonly RecordBatchBuilder _batch = new(capacity: 256 * 1024);
    private readonly FetchRequest _fetch = new() { Partitions = [new FetchPartition(Partition, 0)], MaxBytes = 1 };
    private EmbeddedLogEngine _engine = null!;
    private ProduceRequest _append;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        var config = new LogConfig { DataDirectory = _directory.FullName };
        _engine = await EmbeddedLogEngine.OpenAsync(config, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        // What is above a segment is dropped: a benchmark appends for as long as it likes.
        var configs = new Dictionary<string, string> { ["durability"] = "async", ["retention.bytes"] = "1073741824", ["segment.bytes"] = "268435456" };
        await _engine.CreateTopicAsync(new TopicSpec(Partition.Topic, 1, null, configs), CancellationToken.None);
        for (var i = 0; i < Records; i++) _batch.Append(1_700_000_000_000, null, Bodies.Value(i));
        _append = new ProduceRequest(Partition, _batch.Build(), Acks.All);
        await AppendAsync();
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _engine.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    public void Dispose()
    {
        _batch.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public async Task<long> AppendAsync() => (await _engine.ProduceAsync(_append, CancellationToken.None)).BaseOffset;

    [Benchmark(OperationsPerInvoke = Records)]
    public async Task<int> ReadAsync()
    {
        using var result = await _engine.FetchAsync(_fetch, CancellationToken.None);
        return result.Partitions[0].Batches.Length;
    }
}
