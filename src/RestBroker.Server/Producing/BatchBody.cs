using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Server.Producing;

/// <summary>
/// Cuts a body into record batches of magic 2, one behind the other, as they lie in Kafka's log and in its Produce and Fetch. Looks at
/// lengths, format and checksum; what is in the batches is for <see cref="BatchRules"/>. Pure.
/// </summary>
internal static class BatchBody
{
    private const int MinBatchLength = RecordBatch.HeaderSize - RecordBatch.LengthPrefixSize;

    /// <summary>The batches, as views of the body. Their base offsets are set to 0: the log sets its own.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="maxRecords">Records in all batches together.</param>
    /// <param name="batches">An empty list, which is given back with them in it.</param>
    /// <exception cref="BrokerException">InvalidRequest: it is not whole batches. RequestTooLarge: they hold more records.</exception>
    public static List<RecordBatch> Split(Memory<byte> body, int maxRecords, List<RecordBatch> batches)
    {
        if (body.IsEmpty) throw new BrokerException(BrokerError.InvalidRequest, "The body is empty; it holds at least one record batch.");
        var recordCount = 0L;
        for (var position = 0; position < body.Length; position += batches[^1].Size)
        {
            var batch = Read(body[position..], new BatchPlace(batches.Count, position));
            recordCount += batch.RecordCount;
            // A batch without records is refused later; so many of them are no batches of anybody's.
            if (recordCount > maxRecords || batches.Count == maxRecords)
                throw new BrokerException(BrokerError.RequestTooLarge, $"More than {maxRecords} records in one request (RestBroker:MaxRecordsPerRequest). Send several requests; nothing was stored.");
            batches.Add(batch);
        }

        return batches;
    }

    private static RecordBatch Read(Memory<byte> rest, BatchPlace place)
    {
        if (rest.Length < RecordBatch.HeaderSize)
            throw place.Malformed($"{rest.Length} bytes are left, and the header of a batch alone has {RecordBatch.HeaderSize}. The body was cut, or is not record batches");
        var magic = new RecordBatch(rest).Magic;
        if (magic != RecordBatch.CurrentMagic)
            throw place.Malformed($"its magic is {magic}; batches of magic {RecordBatch.CurrentMagic} are taken, which Kafka has written since 0.11");
        var size = RecordBatch.SizeOf(rest.Span);
        if (size < RecordBatch.HeaderSize)
            throw place.Malformed($"its length field says {size - RecordBatch.LengthPrefixSize}, and a batch has at least {MinBatchLength} bytes behind that field");
        if (size > rest.Length)
            throw place.Malformed($"it says that it has {size} bytes, and {rest.Length} are left: the body was cut, or its length field is wrong");
        var batch = new RecordBatch(rest[..(int)size]);
        if (!batch.IsCrcValid()) throw place.Malformed("its CRC-32C is not that of its bytes: they were changed on their way");
        batch.StampPlace(baseOffset: 0, leaderEpoch: -1);
        if (!RecordBatch.TryRead(batch.Bytes, out _))
            throw place.Malformed($"its header makes no sense: {batch.RecordCount} records and the last offset {batch.LastOffsetDelta} from the first");
        return batch;
    }
}

/// <summary>Which batch of a body is meant, and where in the body it begins.</summary>
internal readonly record struct BatchPlace(int Index, int Position)
{
    /// <summary>A refusal of form.</summary>
    public BrokerException Malformed(string what) => Refuse(BrokerError.InvalidRequest, what);

    /// <summary>A refusal that names the batch.</summary>
    public BrokerException Refuse(BrokerError error, string what)
    {
        var detail = $"Batch {Index}, at byte {Position} of the body: {what}. Nothing was stored.";
        return new BrokerException(error, detail) { Errors = [new FieldError($"/batches/{Index}", error, detail)] };
    }
}
