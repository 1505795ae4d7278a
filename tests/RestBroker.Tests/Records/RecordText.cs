using System.Text;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

/// <summary>Records as lines of text, so that a difference can be read.</summary>
internal static class RecordText
{
    public static List<string> Of(RecordBatch batch)
    {
        using var reader = new RecordBatchReader(batch);
        var lines = new List<string>();
        while (reader.TryRead(out var record))
        {
            var headers = record.Headers.Select(header => (Encoding.UTF8.GetString(header.Name.Span), header.Value));
            lines.Add(Line(record.Offset, record.Timestamp, record.Key, record.Value, headers));
        }

        return lines;
    }

    public static string Line(
        long offset,
        long timestamp,
        ReadOnlyMemory<byte>? key,
        ReadOnlyMemory<byte>? value,
        IEnumerable<(string Name, ReadOnlyMemory<byte>? Value)> headers) =>
        $"{offset}@{timestamp} {Hex(key)}={Hex(value)} {string.Join(' ', headers.Select(header => $"{header.Name}:{Hex(header.Value)}"))}";

    private static string Hex(ReadOnlyMemory<byte>? bytes) => bytes is { } some ? $"'{Convert.ToHexStringLower(some.Span)}'" : "null";
}
