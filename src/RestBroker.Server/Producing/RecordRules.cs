using System.Text;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Server.Contracts;

namespace RestBroker.Server.Producing;

/// <summary>The rules that every record obeys, however it came: sizes, reserved headers, clocks.</summary>
internal static class RecordRules
{
    /// <summary>How far ahead of the broker's clock a timestamp may be.</summary>
    public static readonly TimeSpan MaxAhead = TimeSpan.FromHours(1);

    /// <summary>Adds what is wrong with a record to <paramref name="faults"/>.</summary>
    public static void Check(in ProducedRecord record, RecordLimits limits, int partitionCount, DateTimeOffset now, RecordFaults faults)
    {
        if (record.Key is { Length: var keySize } && keySize > limits.MaxKeyBytes)
            faults.Add(BrokerError.RecordTooLarge, "/key", $"The key has {keySize} bytes; {limits.MaxKeyBytes} are allowed.");
        if (record.Key is null && limits.NeedsKey)
            faults.Add(BrokerError.InvalidRecord, "/key", "The topic is compacted, which keeps the last record of each key: a record needs a key.");
        if (record.Value is { Length: var valueSize } && valueSize > limits.MaxValueBytes)
        {
            faults.Add(BrokerError.RecordTooLarge, "/value", $"The value has {valueSize} bytes; the topic's max.message.bytes allows {limits.MaxValueBytes}.");
        }

        if (record.Partition is { } partition && (partition < 0 || partition >= partitionCount))
            faults.Add(BrokerError.InvalidPartitions, "/partition", $"There is no partition {partition}; there are 0 to {partitionCount - 1}.");
        if (record.Timestamp is { } timestamp && timestamp > now.Add(MaxAhead).ToUnixTimeMilliseconds())
            faults.Add(BrokerError.InvalidTimestamp, "/timestamp", "The timestamp is more than one hour ahead of the broker's clock.");
        CheckHeaders(record.Headers, limits, faults);
    }

    private static void CheckHeaders(Header[] headers, RecordLimits limits, RecordFaults faults)
    {
        if (headers.Length == 0) return;
        var count = 0;
        var size = 0;
        foreach (var header in headers)
        {
            if (RecordFormats.IsHidden(header.Name.Span) && !RecordFormats.IsOwn(header))
                faults.Add(BrokerError.ReservedName, "/headers", $"The header {Encoding.UTF8.GetString(header.Name.Span)} is the broker's own.");
            if (RecordFormats.IsOwn(header)) continue;
            count++;
            size += header.Name.Length + (header.Value?.Length ?? 0);
        }

        if (count > limits.MaxHeaders)
            faults.Add(BrokerError.RecordTooLarge, "/headers", $"There are {count} headers; {limits.MaxHeaders} are allowed.");
        if (size > limits.MaxHeaderBytes)
            faults.Add(BrokerError.RecordTooLarge, "/headers", $"The headers have {size} bytes; {limits.MaxHeaderBytes} are allowed.");
    }
}
