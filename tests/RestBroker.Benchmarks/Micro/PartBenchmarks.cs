using System.Buffers;
using BenchmarkDotNet.Attributes;
using RestBroker.Benchmarks.Load;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Producing;
using RestBroker.Storage.Log;
using RestBroker.Tests.Server;

namespace RestBroker.Benchmarks.Micro;

/// <summary>The smallest parts: varints, the index, a record's JSON, from bytes to batch.</summary>
[MemoryDiagnoser]
public class PartBenchmarks
{
    private const int Count = 1_000;
    private const int JsonRecords = 100;
    private const int BlockSize = 4_096; // Kestrel's

    private static readonly TopicDescription Topic = new("t", Guid.Empty, 1, TopicConfig.Default, 1, []);
    private static readonly RecordLimits Limits = new(MaxKeyBytes: 1_024, MaxValueBytes: 1_000_000, MaxHeaders: 10, MaxHeaderBytes: 1_024, MaxValueDepth: 64);

    private readonly byte[] _varints = new byte[Count * Varint.MaxSize];
    private readonly OffsetIndex _index = new();
    private readonly ReadOnlySequence<byte> _json = new(Bodies.Json(JsonRecords));
    private readonly ReadOnlySequence<byte> _jsonBlocks = Blocks.Cut(Bodies.Json(JsonRecords), BlockSize);
    private readonly ReadOnlySequence<byte> _objects = new(Bodies.JsonObjects(JsonRecords));
    private readonly ReadOnlySequence<byte> _objectBlocks = Blocks.Cut(Bodies.JsonObjects(JsonRecords), BlockSize);

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
    public int ParseJsonStrings() => Parse(_json);

    [Benchmark(OperationsPerInvoke = JsonRecords)]
    public int ParseJsonStringsInBlocks() => Parse(_jsonBlocks);

    [Benchmark(OperationsPerInvoke = JsonRecords)]
    public int ParseJsonObjects() => Parse(_objects);

    [Benchmark(OperationsPerInvoke = JsonRecords)]
    public int ParseJsonObjectsInBlocks() => Parse(_objectBlocks);

    private static int Parse(ReadOnlySequence<byte> body)
    {
        using var work = ProduceWork.Rent();
        work.Batches.Begin(new PartitionRule(Topic, Given: 0, Keyless: 0), (int)body.Length);
        work.Intake.Begin(new IntakeRules("t", 0, 1, Limits, JsonRecords, TimeProvider.System));
        work.Intake.Take(body, isLast: true);
        work.Intake.End();
        return work.Batches.Size;
    }
}
