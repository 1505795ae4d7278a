using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Problems;

namespace RestBroker.Server.Producing;

/// <summary>
/// Takes an upload of one record a line, however long and however slow, in constant memory. What has come is appended as soon as the
/// last append is done: a lone line waits for nothing, a flood shares its syncs. One instance an upload; not thread-safe.
/// </summary>
internal sealed class NdjsonUpload(RecordProducer producer, ProduceOptions options, RecordLimits limits, int maxLineBytes, TimeProvider time)
    : IDisposable
{
    private const int MaxBatchBytes = 1024 * 1024;
    private const int MaxBatchRecords = 10_000;

    private readonly RecordFaults _faults = new("");
    private readonly NdjsonSummary _summary = new();
    private TopicDescription? _topic;
    private int? _keylessPartition;
    private PartitionBatches? _gathering;
    private List<GatheredLine> _gatheredLines = [];
    private Task _append = Task.CompletedTask;
    private long _line;
    private BatchProducer? _producer = options.Producer;
    private bool _skipping;
    private Turns _turn;
    private (long Line, BrokerException Refusal)? _lastLine;

    /// <summary>How many partitions the topic has, or will have once it is created.</summary>
    public required int PartitionCount { get; set; }

    /// <summary>Gives the topic; asked at the first good line, which may create it, and again before each batch, for partitions added.</summary>
    public required Func<CancellationToken, ValueTask<TopicDescription>> Target { get; init; }

    /// <summary>Told of each record as it is committed; null = nobody, a summary follows the upload.</summary>
    public UploadReceipts? Receipts { get; init; }

    private bool IsOver => _summary.IsBroken || _lastLine is not null;

    /// <summary>Reads to the end of the upload. What was appended before a client went away stays appended.</summary>
    public async Task<NdjsonSummary> RunAsync(PipeReader body, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var result = await ReadOrSayAsync(body, cancellationToken);
                var rest = await TakeLinesAsync(result.Buffer, result.IsCompleted, cancellationToken);
                body.AdvanceTo(rest, result.Buffer.End);
                if (result.IsCompleted || IsOver) break;
                if (_append.IsCompleted) await FlushAsync(cancellationToken);
                if (Receipts is not null) await Receipts.FlushAsync();
            }

            await FlushAsync(cancellationToken);
            await _append;
            if (!_summary.IsBroken && _lastLine is var (line, refusal)) Break(line, 1, refusal);
            return _summary;
        }
        finally
        {
            // The engine still reads the batch in flight, whatever ended the upload.
            await _append.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gathering?.Dispose();

    // An upload that breaks off may have left records behind; who sends it again must know that.
    private async Task<ReadResult> ReadOrSayAsync(PipeReader body, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(body, cancellationToken);
        }
        catch (Exception fault) when (fault is BadHttpRequestException or BrokerException)
        {
            throw new BrokerException(
                (fault as BrokerException)?.Error ?? BrokerError.InvalidRequest, $"The upload broke off after line {_line}: {fault.Message} Whole lines before that may be stored.", fault)
            {
                SideEffects = _topic is null ? SideEffects.None : SideEffects.Possible,
            };
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
        while (!IsOver && TryTakeLine(ref rest, isLast, out var line))
        {
            _line++;
            if (line.Length > maxLineBytes) Fail(_line, new(BrokerError.RecordTooLarge, $"The line has more than {maxLineBytes} bytes."));
            else if (!IsBlank(line)) await TakeAsync(line, cancellationToken);
            if (Receipts is { IsFlushDue: true }) await Receipts.FlushAsync();
            if (_turn.IsOver(line.Length + Turns.RecordSize)) await Turns.PassAsync();
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

    private async ValueTask TakeAsync(ReadOnlySequence<byte> line, CancellationToken cancellationToken)
    {
        var length = (int)line.Length;
        var rented = line.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent(length);
        if (rented is not null) line.CopyTo(rented);
        try
        {
            if (!TryParse(rented is null ? line.First : rented.AsMemory(0, length), out var record)) return;
            if (_gathering is null) await BeginBatchAsync(cancellationToken);
            Gather(record);
        }
        finally
        {
            if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private bool TryParse(ReadOnlyMemory<byte> line, out ProducedRecord record)
    {
        _faults.Clear();
        record = default;
        try
        {
            if (_line == 1) line = RecordEnvelopeReader.WithoutByteOrderMark(line);
            var json = RecordEnvelopeReader.Reader(line);
            json.Read();
            RecordJsonReader.TryRead(ref json, line, limits.MaxValueDepth, _faults, out record); // or it throws: the line is all there is
            while (json.Read())
            {
                // A second value on the line makes the reader throw.
            }

            if (options.Partition is not null && record.Partition is { } own && own != options.Partition)
                _faults.Add(BrokerError.InvalidPartitions, "/partition", $"The path says partition {options.Partition}.");
            RecordRules.Check(record, limits, PartitionCount, time.GetUtcNow(), _faults);
            if (!_faults.Any) return true;
            Fail(_line, _faults.ToRefusal());
        }
        catch (JsonException e)
        {
            Fail(_line, new(BrokerError.InvalidJson, $"The line is not one JSON object: {BindingText.Of(e.Message)}"));
        }
        catch (InvalidOperationException)
        {
            Fail(_line, BadRequestProblem.NotUnicode());
        }

        return false;
    }

    // A topic that was deleted and created again is another: the batch is sent to the one that the upload began with, and is refused.
    private async ValueTask BeginBatchAsync(CancellationToken cancellationToken)
    {
        var topic = await Target(cancellationToken);
        if (_topic is null || _topic.TopicId == topic.TopicId) _topic = topic;
        PartitionCount = _topic.PartitionCount;
        _keylessPartition ??= producer.NextKeylessPartition(_topic);
        _gathering = new PartitionBatches();
        _gathering.Begin(new PartitionRule(_topic, options.Partition, _keylessPartition.Value));
    }

    private void Gather(in ProducedRecord record)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var (partition, index) = _gathering!.Add(record, now);
        _gatheredLines.Add(new GatheredLine(_line, partition, index, record.Timestamp ?? now));
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_gathering is not { } batches) return;
        await _append;
        if (_summary.IsBroken) return;
        var lines = _gatheredLines;
        (_gathering, _gatheredLines) = (null, []);
        _append = AppendAsync(batches, lines, options with { Producer = _producer }, cancellationToken);
        _producer = _producer?.Next(lines.Count);
    }

    private async Task AppendAsync(PartitionBatches batches, List<GatheredLine> lines, ProduceOptions produce, CancellationToken cancellationToken)
    {
        using (batches)
        {
            var counts = batches.Builders.ToDictionary(entry => entry.Partition, entry => entry.Builder.RecordCount);
            var appends = await producer.AppendAsync(_topic!, batches, produce, cancellationToken);
            foreach (var (partition, append) in appends)
            {
                if (append.Result is { } result) _summary.Stored(partition, result.BaseOffset, counts[partition]);
                else Break(lines[0].Line, counts[partition], append.Refusal!);
            }

            if (Receipts is null) return;
            await Receipts.StoredAsync(
                from line in lines
                let result = appends[line.Partition].Result
                where result is not null
                select (line.Line, line.ReceiptOf(result.Value)));
        }
    }

    private void Break(long firstLine, int count, BrokerException refusal)
    {
        _summary.Broken(firstLine, count, refusal);
        Receipts?.Refused(firstLine, refusal);
    }

    // Where records are numbered, what is stored is a prefix of the upload: who was cut off then knows which line has which number.
    private void Fail(long line, BrokerException refusal)
    {
        if (_producer is not null)
        {
            _lastLine ??= (line, refusal);
            return;
        }

        _summary.Failed(line, refusal);
        Receipts?.Refused(line, refusal);
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
        {
            if (segment.Span.ContainsAnyExcept(" \t\r"u8)) return false;
        }

        return true;
    }
}
