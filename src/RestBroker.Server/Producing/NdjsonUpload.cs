using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Topics;

namespace RestBroker.Server.Producing;

/// <summary>
/// Takes an upload of one record a line, however long and however slow, in constant memory. What has come is appended as soon as the
/// last append is done: a lone line waits for nothing, a flood shares its syncs. One instance an upload; not thread-safe.
/// </summary>
internal sealed class NdjsonUpload(
    RecordProducer producer, TopicDescription topic, ProduceOptions options, RecordLimits limits, int maxLineBytes, TimeProvider time)
{
    private const int MaxBatchBytes = 1024 * 1024;
    private const int MaxBatchRecords = 10_000;

    private readonly RecordFaults _faults = new("");
    private readonly NdjsonSummary _summary = new();
    private readonly int _keylessPartition = producer.NextKeylessPartition(topic);
    private PartitionBatches? _gathering;
    private List<long> _gatheredLines = [];
    private Task _append = Task.CompletedTask;
    private long _line;
    private bool _skipping;

    /// <summary>Reads to the end of the upload. What was appended before a client went away stays appended.</summary>
    public async Task<NdjsonSummary> RunAsync(PipeReader body, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var result = await ReadAsync(body, cancellationToken);
                var rest = await TakeLinesAsync(result.Buffer, result.IsCompleted, cancellationToken);
                body.AdvanceTo(rest, result.Buffer.End);
                if (result.IsCompleted || _summary.IsBroken) break;
                if (_append.IsCompleted) await FlushAsync(cancellationToken);
            }

            await FlushAsync(cancellationToken);
            await _append;
            return _summary;
        }
        finally
        {
            // The engine still reads the batch in flight, whatever ended the upload.
            await _append.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _gathering?.Dispose();
        }
    }

    // While an append runs, what has been gathered waits for it and not for the next line.
    private async Task<ReadResult> ReadAsync(PipeReader body, CancellationToken cancellationToken)
    {
        var read = body.ReadAsync(cancellationToken);
        if (read.IsCompleted || _gathering is null) return await read;
        var reading = read.AsTask();
        await Task.WhenAny(reading, _append);
        if (!reading.IsCompleted) await FlushAsync(cancellationToken);
        return await reading;
    }

    private async ValueTask<SequencePosition> TakeLinesAsync(ReadOnlySequence<byte> buffer, bool isLast, CancellationToken cancellationToken)
    {
        var rest = buffer;
        while (!_summary.IsBroken && TryTakeLine(ref rest, isLast, out var line))
        {
            _line++;
            if (line.Length > maxLineBytes) Fail(_line, new(BrokerError.RecordTooLarge, $"The line has more than {maxLineBytes} bytes."));
            else if (!IsBlank(line)) Take(line);
            if (_gathering is { } full && (full.Size >= MaxBatchBytes || full.RecordCount >= MaxBatchRecords)) await FlushAsync(cancellationToken);
        }

        if (rest.Length <= maxLineBytes) return rest.Start;
        // Too long already, and no end in sight: it is dropped as it comes.
        if (!_skipping) Fail(_line + 1, new(BrokerError.RecordTooLarge, $"The line has more than {maxLineBytes} bytes."));
        _skipping = true;
        return rest.End;
    }

    private bool TryTakeLine(ref ReadOnlySequence<byte> rest, bool isLast, out ReadOnlySequence<byte> line)
    {
        while (true)
        {
            line = rest;
            if (rest.IsEmpty) return false;
            if (rest.PositionOf((byte)'\n') is not { } end)
            {
                if (!isLast) return false;
                rest = rest.Slice(rest.End);
                return !_skipping;
            }

            line = rest.Slice(0, end);
            rest = rest.Slice(rest.GetPosition(1, end));
            if (!_skipping) return true;
            _skipping = false;
            _line++;
        }
    }

    private void Take(ReadOnlySequence<byte> line)
    {
        var length = (int)line.Length;
        var rented = line.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent(length);
        if (rented is not null) line.CopyTo(rented);
        try
        {
            Parse(rented is null ? line.First : rented.AsMemory(0, length));
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Parse(ReadOnlyMemory<byte> line)
    {
        _faults.Clear();
        try
        {
            var json = RecordEnvelopeReader.Reader(line);
            json.Read();
            var record = RecordJsonReader.Read(ref json, line, limits.MaxValueDepth, _faults);
            while (json.Read())
            {
                // A second value on the line makes the reader throw.
            }

            if (options.Partition is not null && record.Partition is { } own && own != options.Partition)
                _faults.Add(BrokerError.InvalidPartitions, "/partition", $"The path says partition {options.Partition}.");
            RecordRules.Check(record, limits, topic.PartitionCount, time.GetUtcNow(), _faults);
            if (_faults.Any) Fail(_line, _faults.ToRefusal());
            else Gather(record);
        }
        catch (JsonException e)
        {
            Fail(_line, new(BrokerError.InvalidJson, $"The line is not one JSON object: {e.Message}"));
        }
    }

    private void Gather(in ProducedRecord record)
    {
        _gathering ??= new PartitionBatches(topic, options.Partition, _keylessPartition);
        _gathering.Add(record, time.GetUtcNow().ToUnixTimeMilliseconds());
        _gatheredLines.Add(_line);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_gathering is not { } batches) return;
        await _append;
        if (_summary.IsBroken) return;
        var lines = _gatheredLines;
        (_gathering, _gatheredLines) = (null, []);
        _append = AppendAsync(batches, lines, cancellationToken);
    }

    private async Task AppendAsync(PartitionBatches batches, List<long> lines, CancellationToken cancellationToken)
    {
        using (batches)
        {
            var counts = batches.Builders.ToDictionary(entry => entry.Partition, entry => entry.Builder.RecordCount);
            var appends = await producer.AppendAsync(topic, batches, options, cancellationToken);
            foreach (var (partition, append) in appends)
            {
                if (append.Result is { } result) _summary.Stored(partition, result.BaseOffset, counts[partition]);
                else _summary.Broken(lines[0], counts[partition], append.Refusal!);
            }
        }
    }

    private void Fail(long line, BrokerException refusal) => _summary.Failed(line, refusal);

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
        {
            if (segment.Span.ContainsAnyExcept(" \t\r"u8)) return false;
        }

        return true;
    }
}
