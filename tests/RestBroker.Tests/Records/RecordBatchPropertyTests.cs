using CsCheck;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

public sealed class RecordBatchPropertyTests
{
    private static readonly Gen<ReadOnlyMemory<byte>?> Bytes = Gen.Frequency(
        (1, Gen.Const((ReadOnlyMemory<byte>?)null)),
        (6, Gen.Byte.Array[0, 20].Select(bytes => (ReadOnlyMemory<byte>?)bytes)),
        (1, Gen.Byte.Array[60, 9000].Select(bytes => (ReadOnlyMemory<byte>?)bytes)));

    private static readonly Gen<(string Name, ReadOnlyMemory<byte>? Value)[]> Headers = Gen.Select(Gen.String[0, 12], Bytes).Array[0, 5];

    private static readonly Gen<(long Timestamp, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Value, (string, ReadOnlyMemory<byte>?)[])[]> Records =
        Gen.Select(Gen.Long[0, 4_102_444_800_000], Bytes, Bytes, Headers).Array[1, 40];

    [Fact]
    public void Any_records_come_back_from_a_batch_as_they_were_appended() =>
        Gen.Select(Records, Gen.Enum<CompressionType>(), Gen.Long[0, long.MaxValue - 100]).Sample((records, compression, baseOffset) =>
        {
            using var builder = new RecordBatchBuilder(compression, capacity: 16);
            foreach (var (timestamp, key, value, headers) in records)
                builder.Append(timestamp, key, value, [.. headers.Select(h => new Header(Utf8(h.Item1), h.Item2))]);
            var batch = builder.Build();
            batch.StampPlace(baseOffset, leaderEpoch: 1);

            Assert.True(RecordBatch.TryRead(batch.Bytes, out var read));
            Assert.True(read.IsCrcValid());
            Assert.Equal(records.Length, read.RecordCount);
            Assert.Equal(baseOffset + records.Length, read.NextOffset);
            Assert.Equal(records.Max(record => record.Timestamp), read.MaxTimestamp);
            var expected = records.Select((record, i) => RecordText.Line(
                baseOffset + i, record.Timestamp, record.Key, record.Value, record.Item4.Select(h => (RoundTrip(h.Item1), h.Item2))));
            Assert.Equal(expected, RecordText.Of(read));
        }, iter: 2000);

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    // A lone surrogate has no UTF-8; what stands for it is what a reader sees.
    private static string RoundTrip(string text) => System.Text.Encoding.UTF8.GetString(Utf8(text));
}
