using BenchmarkDotNet.Attributes;
using RestBroker.Benchmarks.Load;
using RestBroker.Core.Records;
using RestBroker.Server.Producing;
using RestBroker.Storage.Log;

namespace RestBroker.Benchmarks.Micro;

/// <summary>The smallest parts: varints, the index, a record's JSON.</summary>
[MemoryDiagnoser]
public class PartBenchmarks
{
    private const int Count = 1_000;
    private const int JsonRecords = 100;
    private const int MaxDepth = 64;

    private readonly byte[] _varints = new byte[Count * Varint.MaxSize];
    private readonly OffsetIndex _index = new();
    private readonly byte[] _json = Bodies.Json(JsonRecords);
    private readonly byte[] _objects = Bodies.JsonObjects(JsonRecords);

    [GlobalSetup]
    public void Fill()
    {
        WriteVarints();
        for (var i = 1; i <= Count; i++) _index.Append(i * 4, i * LogSegment.IndexInterval);
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public int WriteVarints()
    {
        var position = 0;
        for (var i = 0; i < Count; i++) position += Varint.Write(_varints.AsSpan(position), i * 37);
        return position;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public long ReadVarints()
    {
        long sum = 0;
        var position = 0;
        for (var i = 0; i < Count && Varint.TryRead(_varints.AsSpan(position), out var value, out var used); i++)
        {
            sum += value;
            position += used;
        }

        return sum;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public long LookUpIndex()
    {
        long sum = 0;
        for (var i = 0; i < Count; i++) sum += _index.Floor(i * 4)?.Position ?? 0;
        return sum;
    }

    [Benchmark(OperationsPerInvoke = JsonRecords)]
    public int ParseJsonStrings()
    {
        using var work = ProduceWork.Rent();
        RecordEnvelopeReader.Read(_json, JsonRecords, MaxDepth, work);
        return work.Records.Count;
    }

    [Benchmark(OperationsPerInvoke = JsonRecords)]
    public int ParseJsonObjects()
    {
        using var work = ProduceWork.Rent();
        RecordEnvelopeReader.Read(_objects, JsonRecords, MaxDepth, work);
        return work.Records.Count;
    }
}
