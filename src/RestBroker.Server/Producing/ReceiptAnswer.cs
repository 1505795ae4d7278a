using System.Buffers;
using System.Buffers.Text;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>
/// Writes receipts straight into the answer, in the buffer that is given: with the serializer a record's answer cost as much as storing it,
/// and a batch's half a kilobyte to collect.
/// </summary>
internal static class ReceiptAnswer
{
    // The three names and three numbers of 20 digits at most; of a batch six of them.
    private const int MaxReceiptSize = 128;
    private const int MaxBatchReceiptSize = 192;
    private const int MaxFrameSize = 64;

    /// <summary>200 with a receipt a record.</summary>
    public static void WriteAll(HttpResponse response, in Receipts receipts, PooledBuffer json)
    {
        json.Reserve(MaxFrameSize + (receipts.Count * MaxReceiptSize));
        json.Write("{\"results\":["u8);
        for (var i = 0; i < receipts.Count; i++)
        {
            if (i > 0) json.Write(","u8);
            Write(json, receipts.Items[i]);
        }

        json.Write(receipts.Duplicate ? "],\"duplicate\":true}"u8 : "],\"duplicate\":false}"u8);
        Send(response, json);
    }

    /// <summary>201 with the one receipt, and where the record can be read.</summary>
    public static void WriteCreated(HttpResponse response, string topic, in Receipt receipt, PooledBuffer json)
    {
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"/v1/topics/{topic}/partitions/{receipt.Partition}/records/{receipt.Offset}";
        Write(json, receipt);
        Send(response, json);
    }

    /// <summary>200 with a receipt a batch, or 202 without any.</summary>
    public static void WriteBatches(HttpResponse response, List<BatchReceiptResponse> receipts, PooledBuffer json)
    {
        response.StatusCode = receipts.Count == 0 ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        json.Reserve(MaxFrameSize + (receipts.Count * MaxBatchReceiptSize));
        json.Write("{\"batches\":["u8);
        var areDuplicates = receipts.Count > 0;
        for (var i = 0; i < receipts.Count; i++)
        {
            if (i > 0) json.Write(","u8);
            Write(json, receipts[i]);
            areDuplicates &= receipts[i].Duplicate;
        }

        json.Write(areDuplicates ? "],\"duplicate\":true}"u8 : "],\"duplicate\":false}"u8);
        Send(response, json);
    }

    private static void Write(PooledBuffer json, in Receipt receipt)
    {
        json.Write("{\"partition\":"u8);
        Write(json, receipt.Partition);
        json.Write(",\"offset\":"u8);
        Write(json, receipt.Offset);
        json.Write(",\"timestamp\":"u8);
        Write(json, receipt.Timestamp);
        json.Write("}"u8);
    }

    private static void Write(PooledBuffer json, in BatchReceiptResponse receipt)
    {
        json.Write("{\"partition\":"u8);
        Write(json, receipt.Partition);
        json.Write(",\"baseOffset\":"u8);
        Write(json, receipt.BaseOffset);
        json.Write(",\"lastOffset\":"u8);
        Write(json, receipt.LastOffset);
        json.Write(",\"count\":"u8);
        Write(json, receipt.Count);
        json.Write(",\"timestamp\":"u8);
        Write(json, receipt.Timestamp);
        json.Write(receipt.Duplicate ? ",\"duplicate\":true}"u8 : ",\"duplicate\":false}"u8);
    }

    private static void Write(PooledBuffer json, long number)
    {
        Utf8Formatter.TryFormat(number, json.GetSpan(MaxReceiptSize), out var count);
        json.Advance(count);
    }

    private static void Send(HttpResponse response, PooledBuffer json)
    {
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = json.Length;
        response.BodyWriter.Write(json.Written.Span);
    }
}
