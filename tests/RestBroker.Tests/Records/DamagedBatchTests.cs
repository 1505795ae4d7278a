using System.Buffers.Binary;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

public sealed class DamagedBatchTests
{
    private const int LengthPosition = 8;
    private const int CrcPosition = 17;
    private const int AttributesPosition = 21;
    private const int RecordCountPosition = 57;
    private const int FlipsPerBatch = 3000;
    private const long MaxAllocation = 48 * 1024 * 1024;

    public static TheoryData<string> Names => [.. BatchVector.All().Select(vector => vector.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_batch_that_is_cut_anywhere_is_not_a_batch(string name)
    {
        var bytes = Bytes(name);

        for (var length = 0; length < bytes.Length; length++)
            Assert.False(RecordBatch.TryRead(bytes.AsMemory(0, length), out _));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Records_that_are_cut_anywhere_under_a_valid_header_are_corrupt(string name)
    {
        var bytes = Bytes(name);
        // Without its end mark and trailer a gzip text is still whole; what they check, the batch's own checksum has checked.
        var end = bytes.Length - (name.Contains("gzip", StringComparison.Ordinal) ? 12 : 0);
        var step = Math.Max(1, (end - RecordBatch.HeaderSize) / 400);

        for (var length = RecordBatch.HeaderSize; length < end; length += step)
        {
            var cut = bytes[..length];
            BinaryPrimitives.WriteInt32BigEndian(cut.AsSpan(LengthPosition), length - RecordBatch.LengthPrefixSize);
            Assert.Equal(BrokerError.RecordCorrupt, Read(Seal(cut)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_flipped_bit_is_seen_by_the_checksum(string name)
    {
        var bytes = Bytes(name);
        var step = Math.Max(1, (bytes.Length - CrcPosition) / 400);

        for (var position = CrcPosition; position < bytes.Length; position += step)
        {
            var flipped = bytes.ToArray();
            flipped[position] ^= (byte)(1 << (position % 8));
            Assert.False(new RecordBatch(flipped).IsCrcValid());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Flipped_bits_under_a_valid_checksum_are_corrupt_or_read_and_nothing_else(string name)
    {
        var bytes = Bytes(name);
        var random = new Random(name.Length);

        for (var round = 0; round < FlipsPerBatch; round++)
        {
            var flipped = bytes.ToArray();
            for (var flip = 0; flip <= round % 3; flip++)
                flipped[random.Next(AttributesPosition, flipped.Length)] ^= (byte)(1 << random.Next(8));

            var error = Read(Seal(flipped));

            Assert.True(error is null or BrokerError.RecordCorrupt, $"{error} in round {round}");
        }
    }

    [Theory]
    [InlineData("an unknown codec", AttributesPosition + 1, 0x05)]
    [InlineData("another unknown codec", AttributesPosition + 1, 0x07)]
    [InlineData("gzip that is not gzip", AttributesPosition + 1, 0x01)]
    [InlineData("snappy that is not snappy", AttributesPosition + 1, 0x02)]
    [InlineData("lz4 that is not lz4", AttributesPosition + 1, 0x03)]
    [InlineData("zstd that is not zstd", AttributesPosition + 1, 0x04)]
    [InlineData("a record length beyond the batch", RecordBatch.HeaderSize, 0x7E)]
    [InlineData("a record length of -1", RecordBatch.HeaderSize, 0x01)]
    [InlineData("a record length of zero", RecordBatch.HeaderSize, 0x00)]
    [InlineData("an offset before the base", RecordBatch.HeaderSize + 3, 0x01)]
    [InlineData("an offset beyond the last", RecordBatch.HeaderSize + 3, 0x02)]
    [InlineData("a key length of -2", RecordBatch.HeaderSize + 4, 0x03)]
    [InlineData("a key longer than the record", RecordBatch.HeaderSize + 4, 0x7E)]
    [InlineData("a key that takes the value's bytes", RecordBatch.HeaderSize + 4, 0x04)]
    [InlineData("a value longer than the record", RecordBatch.HeaderSize + 6, 0x08)]
    [InlineData("a value shorter than the record", RecordBatch.HeaderSize + 6, 0x00)]
    [InlineData("a header count below zero", RecordBatch.HeaderSize + 8, 0x01)]
    [InlineData("a header count beyond the record", RecordBatch.HeaderSize + 8, 0x02)]
    public void A_field_that_cannot_be_is_corrupt(string what, int position, byte value)
    {
        var bytes = Bytes("one record, by kafka-python and kafkajs");
        bytes[position] = value;

        Assert.True(Read(Seal(bytes)) == BrokerError.RecordCorrupt, what);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(2)]
    public void A_record_count_that_the_records_do_not_bear_out_is_corrupt(int count)
    {
        var bytes = Bytes("one record, by kafka-python and kafkajs");
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(RecordCountPosition), count);

        Assert.Equal(BrokerError.RecordCorrupt, Read(Seal(bytes)));
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(48)]
    public void A_batch_length_that_cannot_be_is_not_a_batch(int length)
    {
        var bytes = Bytes("one record, by kafka-python and kafkajs");
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(LengthPosition), length);

        Assert.False(RecordBatch.TryRead(bytes, out _));
    }

    [Theory]
    [InlineData(0, long.MinValue)]
    [InlineData(0, -1)]
    [InlineData(0, long.MaxValue)]
    [InlineData(1, long.MaxValue - 1)]
    public void Offsets_that_overflow_are_not_a_batch(int lastOffsetDelta, long baseOffset)
    {
        var bytes = Bytes("one record, by kafka-python and kafkajs");
        BinaryPrimitives.WriteInt64BigEndian(bytes, baseOffset);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(23), lastOffsetDelta);

        Assert.False(RecordBatch.TryRead(bytes, out _));
    }

    private static byte[] Bytes(string name) => BatchVector.All().Single(vector => vector.Name == name).Bytes;

    private static byte[] Seal(byte[] bytes)
    {
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(CrcPosition), Crc32C.Compute(bytes.AsSpan(AttributesPosition)));
        return bytes;
    }

    /// <summary>Reads all records and their headers; null where nothing is wrong. A header that makes no sense counts as corrupt.</summary>
    private static BrokerError? Read(byte[] bytes)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (!RecordBatch.TryRead(bytes, out var batch)) return BrokerError.RecordCorrupt;
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record))
                foreach (var header in record.Headers) _ = header.Name.Length;
            return null;
        }
        catch (BrokerException e)
        {
            return e.Error;
        }
        finally
        {
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        }
    }
}
