using System.Buffers;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Producing;
using RestBroker.Tests.Server;

namespace RestBroker.Fuzz;

/// <summary>What is tried with any bytes: each may refuse them in the ways that it says and in no other.</summary>
internal static class FuzzTargets
{
    private static readonly RecordLimits Limits = new(MaxKeyBytes: 1_000, MaxValueBytes: 100_000, MaxHeaders: 8, MaxHeaderBytes: 1_000, MaxValueDepth: 16, NeedsKey: false);
    private static readonly TopicDescription Topic = new("t", Guid.Empty, 1, TopicConfig.Default, 1, []);
    private static readonly Lazy<UploadTarget> Uploads = new();

    public static IReadOnlyList<string> Names { get; } = ["json", "ndjson", "batch"];

    public static Action<byte[]>? Find(string name) => name switch
    {
        "json" => ReadJson,
        "ndjson" => bytes => Uploads.Value.Run(bytes, Limits),
        "batch" => ReadBatch,
        _ => null,
    };

    // What becomes of a body does not depend on where it was cut on its way, nor on the blocks that it lies in.
    private static void ReadJson(byte[] bytes)
    {
        var whole = ReadJson(new ReadOnlySequence<byte>(bytes), firstPart: bytes.Length);
        var blocks = Blocks.Cut(bytes, 1 + (bytes.Length / 7));
        for (var cut = 0; cut < bytes.Length; cut += 1 + (bytes.Length / 16))
            if (ReadJson(blocks, cut) != whole) throw new InvalidDataException($"Cut at {cut}, the body is another.");
    }

    private static string ReadJson(ReadOnlySequence<byte> bytes, long firstPart)
    {
        try
        {
            using var work = ProduceWork.Rent();
            work.Batches.Begin(new PartitionRule(Topic, Given: 0, Keyless: 0));
            work.Intake.Begin(new IntakeRules("t", null, 3, Limits, MaxRecords: 100, new StoppedClock()));
            var first = bytes.Slice(0, firstPart);
            var taken = first.Slice(0, work.Intake.Take(first, isLast: false)).Length;
            work.Intake.Take(bytes.Slice(taken), isLast: true);
            work.Intake.End();
            return Convert.ToHexString(work.Batches.Only!.Value.Builder.Build().Bytes.Span);
        }
        catch (JsonException e)
        {
            return $"{e.LineNumber} {e.BytePositionInLine}";
        }
        catch (Exception e) when (e is BrokerException or InvalidOperationException)
        {
            return e.Message; // against a rule; text that is not Unicode
        }
    }

    // The header's length and checksum are made to fit, or no input would get behind them.
    private static void ReadBatch(byte[] bytes)
    {
        if (bytes.Length < RecordBatch.HeaderSize) return;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(8), bytes.Length - RecordBatch.LengthPrefixSize);
        bytes[16] = RecordBatch.CurrentMagic;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(17), Crc32C.Compute(bytes.AsSpan(21)));
        if (!RecordBatch.TryRead(bytes, out var batch)) return;
        if (!batch.IsCrcValid()) throw new InvalidOperationException("The checksum was made to fit.");
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
                foreach (var header in record.Headers) _ = header.Name.Length;
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            // What no producer wrote.
        }

        CheckBatch(bytes);
    }

    // What the rules of produce requests let pass, every reader must be able to read.
    private static void CheckBatch(byte[] bytes)
    {
        RecordBatch batch;
        try
        {
            using var work = ProduceWork.Rent();
            batch = BatchBody.Split(bytes, maxRecords: 1_000, work.OwnBatches)[0];
            new BatchRules(Limits, DateTimeOffset.UnixEpoch, budget: 1_000_000, maxBatchSize: 1_000_000).Check(batch, default, work);
        }
        catch (BrokerException e) when (e.Error != BrokerError.RecordCorrupt)
        {
            return;
        }

        using var reader = new RecordBatchReader(batch);
        var count = 0;
        while (reader.TryRead(out var record))
            if (record.Offset != count++) throw new InvalidOperationException("A record has another offset than its place.");
        if (count != batch.RecordCount || !batch.IsCrcValid()) throw new InvalidOperationException("A batch that passed is not what its header tells.");
    }

    private sealed class StoppedClock : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;
    }
}
