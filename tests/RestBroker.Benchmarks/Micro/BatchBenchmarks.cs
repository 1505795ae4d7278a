using BenchmarkDotNet.Attributes;
using RestBroker.Benchmarks.Load;
using RestBroker.Core.Records;

namespace RestBroker.Benchmarks.Micro;

/// <summary>A batch of 100 records of 1 KiB: building it, reading it, its checksum.</summary>
[MemoryDiagnoser]
public class BatchBenchmarks : IDisposable
{
    private const int Records = 100;

    private readonly byte[][] _values = [.. Enumerable.Range(0, Records).Select(i => Bodies.Value(i))];
    private readonly RecordBatchBuilder _builder = new(capacity: 256 * 1024);
    private readonly RecordBatchBuilder _filled = new(capacity: 256 * 1024);
    private RecordBatch _batch;

    [GlobalSetup]
    public void Fill()
    {
        foreach (var value in _values) _filled.Append(1_700_000_000_000, null, value);
        _batch = _filled.Build();
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public int Build()
    {
        _builder.Clear();
        foreach (var value in _values) _builder.Append(1_700_000_000_000, null, value);
        return _builder.Build().Size;
    }

    [Benchmark(OperationsPerInvoke = Records)]
    public long Read()
    {
        long sum = 0;
        using var reader = new RecordBatchReader(_batch);
        while (reader.TryRead(out var record)) sum += record.Value!.Value.Length;
        return sum;
    }

    [Benchmark]
    public bool Checksum() => _batch.IsCrcValid();

    public void Dispose()
    {
        _builder.Dispose();
        _filled.Dispose();
        GC.SuppressFinalize(this);
    }
}
