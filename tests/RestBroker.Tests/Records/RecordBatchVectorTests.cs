using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

public sealed class RecordBatchVectorTests
{
    public static TheoryData<string> Names => [.. BatchVector.All().Select(vector => vector.Name)];

    public static TheoryData<string> NamesTheBuilderCanMake =>
    [
        .. BatchVector.All()
            .Where(vector => vector is { Compression: CompressionType.None, Transactional: false } && !vector.Name.Contains("gaps"))
            .Select(vector => vector.Name),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_batch_of_another_implementation_is_read_as_it_was_meant(string name)
    {
        var vector = Named(name);

        Assert.True(RecordBatch.TryRead(vector.Bytes, out var batch));

        Assert.True(batch.IsCrcValid());
        Assert.Equal(vector.Bytes.Length, batch.Size);
        Assert.Equal(vector.Compression, batch.Compression);
        Assert.Equal(vector.Producer, (long[])[batch.ProducerId, batch.ProducerEpoch, batch.BaseSequence]);
        Assert.Equal(vector.Transactional, batch.IsTransactional);
        Assert.False(batch.IsControl);
        Assert.Equal(vector.Expected(), RecordText.Of(batch));
    }

    [Theory]
    [MemberData(nameof(NamesTheBuilderCanMake))]
    public void The_builder_makes_the_bytes_that_other_implementations_make(string name)
    {
        var vector = Named(name);
        using var builder = new RecordBatchBuilder
        {
            Producer = (vector.Producer[0], (short)vector.Producer[1], (int)vector.Producer[2]),
        };

        vector.AppendTo(builder);
        var batch = builder.Build();
        batch.StampPlace(baseOffset: 0, leaderEpoch: 0);

        Assert.Equal(Convert.ToHexString(vector.Bytes), Convert.ToHexString(batch.Bytes.Span));
    }

    [Fact]
    public void Stamping_the_place_moves_the_offsets_and_leaves_the_checksum_valid()
    {
        Assert.True(RecordBatch.TryRead(Named("headers, by kafka-python and kafkajs").Bytes, out var batch));

        batch.StampPlace(baseOffset: 1_000_000_007, leaderEpoch: 5);

        Assert.True(batch.IsCrcValid());
        Assert.Equal((1_000_000_007, 1_000_000_008, 1_000_000_009, 5), (batch.BaseOffset, batch.LastOffset, batch.NextOffset, batch.LeaderEpoch));
        Assert.All(RecordText.Of(batch), line => Assert.StartsWith("100000000", line));
    }

    [Fact]
    public void Stamping_the_append_time_gives_every_record_that_time_and_a_new_checksum()
    {
        Assert.True(RecordBatch.TryRead(Named("lines, zstd, by kafka-python").Bytes, out var batch));

        batch.StampAppendTime(1_800_000_000_000);

        Assert.True(batch.IsCrcValid());
        Assert.Equal(1_800_000_000_000, batch.MaxTimestamp);
        Assert.Equal(CompressionType.Zstd, batch.Compression);
        Assert.All(RecordText.Of(batch), line => Assert.Contains("@1800000000000 ", line));
    }

    [Fact]
    public void A_builder_that_is_cleared_makes_the_next_batch_as_a_new_one_would()
    {
        var vector = Named("headers, by kafka-python and kafkajs");
        using var builder = new RecordBatchBuilder(CompressionType.Gzip);
        builder.Append(1, "some other"u8.ToArray(), new byte[5000]);
        builder.Build();

        builder.Clear();
        vector.AppendTo(builder);

        Assert.Equal(vector.Expected(), RecordText.Of(builder.Build()));
    }

    [Fact]
    public void A_builder_that_was_disposed_begins_a_batch_as_a_new_one_would()
    {
        var vector = Named("headers, by kafka-python and kafkajs");
        using var builder = new RecordBatchBuilder(CompressionType.Gzip, capacity: 0) { Producer = (7, 1, 3) };
        builder.Append(1, "some other"u8.ToArray(), new byte[5000]);
        builder.Build();
        builder.Dispose();

        builder.Begin(CompressionType.None, capacity: 100);
        vector.AppendTo(builder);
        var batch = builder.Build();

        Assert.Equal(vector.Expected(), RecordText.Of(batch));
        Assert.Equal((CompressionType.None, -1), (batch.Compression, batch.ProducerId));
    }

    private static BatchVector Named(string name) => BatchVector.All().Single(vector => vector.Name == name);
}
