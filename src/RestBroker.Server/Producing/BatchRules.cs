using RestBroker.Core.Errors;
using RestBroker.Core.Producers;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Server.Composition;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>
/// The rules that a client's record batches obey, beyond those of each record: what a producer may set, and that header and records agree.
/// All batches of a request share one budget for decompression. Not thread-safe.
/// </summary>
/// <param name="limits">What a record may be.</param>
/// <param name="now">The broker's clock.</param>
/// <param name="budget">How many bytes all compressed batches may become together.</param>
/// <param name="maxBatchSize">How many bytes one of them may become: each reader that is in the midst of it holds as much.</param>
internal struct BatchRules(RecordLimits limits, DateTimeOffset now, long budget, int maxBatchSize)
{
    private long _budget = budget;

    /// <summary>The rules of a request of so many bytes.</summary>
    public static BatchRules Of(RestBrokerOptions options, TopicConfig topic, int bodySize, DateTimeOffset now) =>
        new(RecordLimits.Of(options, topic), now, options.MaxRequestBodyBytes + ((long)bodySize * options.MaxDecompressionRatio), options.MaxRequestBodyBytes);

    /// <summary>Checks a batch of a request and corrects its greatest timestamp, as Kafka does; the records are as their producer made them.</summary>
    /// <exception cref="BrokerException">InvalidRequest, InvalidRecord, NotSupportedByEngine, RecordTooLarge, RequestTooLarge, InvalidTimestamp.</exception>
    public void Check(RecordBatch batch, BatchPlace place, ProduceWork work)
    {
        CheckHeader(batch, place);
        try
        {
            using var reader = work.Reader; // which is then ready to begin another
            reader.Begin(batch, (int)Math.Min(_budget, maxBatchSize));
            if (batch.Compression != CompressionType.None) _budget -= reader.UncompressedSize;
            var maxTimestamp = CheckRecords(reader, place.Index, work.Faults);
            if (maxTimestamp != batch.MaxTimestamp) batch.StampMaxTimestamp(maxTimestamp);
        }
        catch (BrokerException e) when (e.Error == BrokerError.RecordCorrupt)
        {
            throw e.Members.ContainsKey(RecordBatchReader.BudgetMember)
                ? place.Refuse(BrokerError.RequestTooLarge, $"{Sentence(e)}; a batch may become as large as RestBroker:MaxRequestBodyBytes, and all of a request that and MaxDecompressionRatio times its size")
                : place.Malformed($"{Sentence(e)}; its header tells of {batch.RecordCount} records, {batch.Compression}");
        }
    }

    private static void CheckHeader(RecordBatch batch, BatchPlace place)
    {
        if (batch.IsControl || batch.IsTransactional)
            throw place.Refuse(BrokerError.NotSupportedByEngine, $"it is {(batch.IsControl ? "a control batch" : "part of a transaction")}; there are no transactions here");
        if (batch.HasBrokerAttributes)
            throw place.Refuse(BrokerError.InvalidRecord, $"its attributes {batch.Attributes} have bits that a producer does not set; a batch that compaction has rewritten is not produced again");
        if (batch.RecordCount < 1 || batch.LastOffsetDelta != batch.RecordCount - 1)
            throw place.Refuse(BrokerError.InvalidRecord, $"it has {batch.RecordCount} records and spans {batch.LastOffsetDelta + 1L} offsets; a producer numbers its records from 0 without holes");
        if (ProducerIds.IsOfKey(batch.ProducerId))
            throw place.Refuse(BrokerError.InvalidRecord, $"its producer id {batch.ProducerId} stands for an Idempotency-Key. Add dropProducer=true to store its records as new ones");
        if (batch.ProducerId >= 0 && (batch.ProducerEpoch < 0 || batch.BaseSequence < 0))
            throw place.Refuse(BrokerError.InvalidRecord, $"producer {batch.ProducerId} has the epoch {batch.ProducerEpoch} and the sequence {batch.BaseSequence}; they begin at 0");
    }

    private readonly long CheckRecords(RecordBatchReader reader, int batch, RecordFaults faults)
    {
        faults.Batch = batch;
        var maxTimestamp = long.MinValue;
        for (var i = 0; reader.TryRead(out var record) && !faults.IsFull; i++)
        {
            faults.Index = i;
            var produced = new ProducedRecord { Key = record.Key, Value = record.Value, Headers = Shown(record.Headers), Timestamp = record.Timestamp };
            RecordRules.Check(produced, limits, partitionCount: 0, now, faults);
            if (record.Timestamp < 0) faults.Add(BrokerError.InvalidTimestamp, "/timestamp", $"The timestamp {record.Timestamp} is none: give ms since 1970.");
            maxTimestamp = Math.Max(maxTimestamp, record.Timestamp);
        }

        return faults.Any ? throw faults.ToRefusal() : maxTimestamp;
    }

    // A batch that was read out of a log has the broker's own headers, and a copy has them too; they count for nobody.
    private static Header[] Shown(RecordHeaders headers) =>
        headers.Count == 0 ? [] : [.. headers.Where(header => !RecordFormats.IsHidden(header.Name.Span))];

    private static string Sentence(BrokerException fault) => fault.Message.TrimEnd('.');
}
