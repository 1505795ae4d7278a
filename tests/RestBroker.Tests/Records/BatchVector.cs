using System.Text;
using System.Text.Json;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

/// <summary>A batch that other implementations made, and the records they were given; see Vectors/README.md.</summary>
public sealed record BatchVector(string Name, CompressionType Compression, long[] Producer, bool Transactional, byte[] Bytes)
{
    private JsonElement Records { get; init; }

    public override string ToString() => Name;

    internal static IEnumerable<BatchVector> All()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Records", "Vectors", "vectors.json")));
        foreach (var vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            var makers = vector.GetProperty("madeBy").EnumerateArray().Select(maker => maker.GetString());
            yield return new BatchVector(
                $"{vector.GetProperty("name").GetString()}, by {string.Join(" and ", makers)}",
                Enum.Parse<CompressionType>(vector.GetProperty("compression").GetString()!, ignoreCase: true),
                [.. vector.GetProperty("producer").EnumerateArray().Select(number => number.GetInt64())],
                vector.GetProperty("transactional").GetBoolean(),
                vector.GetProperty("bytes").GetBytesFromBase64())
            {
                Records = document.RootElement.GetProperty("records").GetProperty(vector.GetProperty("records").GetString()!).Clone(),
            };
        }
    }

    internal List<string> Expected() =>
    [
        .. Records.EnumerateArray().Select(record => RecordText.Line(
            record.GetProperty("offset").GetInt64(),
            record.GetProperty("timestamp").GetInt64(),
            Utf8(record.GetProperty("key")),
            Utf8(record.GetProperty("value")),
            record.GetProperty("headers").EnumerateArray().Select(header => (header[0].GetString()!, Utf8(header[1]))))),
    ];

    /// <summary>Gives its records to a builder.</summary>
    internal void AppendTo(RecordBatchBuilder builder)
    {
        foreach (var record in Records.EnumerateArray())
        {
            Header[] headers =
            [
                .. record.GetProperty("headers").EnumerateArray()
                    .Select(header => new Header(Encoding.UTF8.GetBytes(header[0].GetString()!), Utf8(header[1]))),
            ];
            builder.Append(
                record.GetProperty("timestamp").GetInt64(), Utf8(record.GetProperty("key")), Utf8(record.GetProperty("value")), headers);
        }
    }

    private static ReadOnlyMemory<byte>? Utf8(JsonElement text) => text.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Array => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(text[0].GetString(), text[1].GetInt32()))),
        _ => (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text.GetString()!),
    };
}
