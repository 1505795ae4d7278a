using System.Globalization;
using System.Text;
using System.Text.Unicode;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Storage.Inspection;

namespace RestBroker.Server.Composition;

/// <summary><c>log dump</c>: batches and records in the words of Kafka's own tool.</summary>
internal static class LogDump
{
    private static readonly long LeastTime = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long GreatestTime = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static int Run(LogArguments arguments, TextWriter output)
    {
        using var broker = StoppedBroker.Open(arguments.Directory);
        var wanted = broker.Partitions
            .Where(partition => arguments.Topic is null || partition.Topic == arguments.Topic)
            .Where(partition => arguments.Partition is null || partition.Partition == arguments.Partition)
            .ToList();
        if (wanted.Count == 0) throw new FormatException("No such topic or partition in this directory. 'log verify' lists them.");

        var left = arguments.Limit;
        var isDamaged = false;
        foreach (var partition in wanted)
        {
            if (left <= 0) break;
            output.WriteLine($"Dumping {partition}");
            foreach (var step in broker.Read(partition, arguments.From))
            {
                if (left <= 0) break;
                if (step.Batch is { } batch) left -= Batch(step, batch, arguments.From, left, output);
                else isDamaged |= Damage(step, output);
            }
        }

        return isDamaged ? LogCommand.Damaged : LogCommand.Sound;
    }

    private static bool Damage(StoredBatch step, TextWriter output)
    {
        var to = step.Damaged!.Value.To;
        var offsets = to == long.MaxValue ? $"{step.Damaged.Value.From} on" : $"{step.Damaged.Value.From} to {to - 1}";
        output.WriteLine($"! unreadable: offsets {offsets}, file: {step.File} position: {step.Position} size: {step.Size}");
        return true;
    }

    private static long Batch(StoredBatch step, RecordBatch batch, long from, long left, TextWriter output)
    {
        if (batch.NextOffset <= from) return 0;
        output.WriteLine(
            $"baseOffset: {batch.BaseOffset} lastOffset: {batch.LastOffset} count: {batch.RecordCount} baseSequence: {batch.BaseSequence} " +
            $"producerId: {batch.ProducerId} producerEpoch: {batch.ProducerEpoch} partitionLeaderEpoch: {batch.LeaderEpoch} " +
            $"isTransactional: {Word(batch.IsTransactional)} isControl: {Word(batch.IsControl)} file: {step.File} position: {step.Position} " +
            $"{batch.TimestampType}: {batch.MaxTimestamp} size: {batch.Size} compresscodec: {batch.Compression.ToString().ToLowerInvariant()} crc: {batch.Crc}");
        long count = 0;
        try
        {
            using var reader = new RecordBatchReader(batch);
            while (count < left && reader.TryRead(out var record))
            {
                if (record.Offset < from) continue;
                Record(record, batch, output);
                count++;
            }
        }
        catch (BrokerException e)
        {
            output.WriteLine($"! the batch's records cannot be read: {e.Message}");
        }

        return count;
    }

    private static void Record(Record record, RecordBatch batch, TextWriter output)
    {
        output.Write($"| offset: {record.Offset} {batch.TimestampType}: {record.Timestamp} ({Time(record.Timestamp)}) keySize: {record.Key?.Length ?? -1} valueSize: {record.Value?.Length ?? -1}");
        if (record.Headers.Count > 0)
        {
            output.Write(" headers:");
            foreach (var header in record.Headers) output.Write($" {Text(header.Name)}={Text(header.Value)}");
        }

        output.WriteLine($" key: {Text(record.Key)} payload: {Text(record.Value)}");
    }

    // Clients may send timestamps beyond every calendar.
    private static string Time(long timestamp) => timestamp >= LeastTime && timestamp <= GreatestTime
        ? DateTimeOffset.FromUnixTimeMilliseconds(timestamp).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture)
        : "no date";

    // Text that could move the terminal's cursor is shown as base64, as other bytes are.
    private static string Text(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } some) return "null";
        if (Utf8.IsValid(some.Span) && Encoding.UTF8.GetString(some.Span) is var text && !text.Any(char.IsControl)) return text;
        return $"base64:{Convert.ToBase64String(some.Span)}";
    }

    private static string Word(bool value) => value ? "true" : "false";
}
