using System.IO.Compression;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using Snappier;

namespace RestBroker.Tests.Records;

public sealed class BatchCompressionTests
{
    private const int Budget = 1024 * 1024;

    public static TheoryData<CompressionType> Codecs => [.. Enum.GetValues<CompressionType>().Where(type => type != CompressionType.None)];

    [Theory]
    [MemberData(nameof(Codecs))]
    public void What_is_compressed_comes_back(CompressionType type)
    {
        foreach (var size in (int[])[0, 1, 100, 32 * 1024, (32 * 1024) + 1, 300_000])
        {
            var source = Text(size);
            using var compressed = new PooledBuffer();

            BatchCompression.Compress(type, source, compressed);

            using var back = BatchCompression.Decompress(type, compressed.Written, Math.Max(size, 1));
            Assert.True(source.AsSpan().SequenceEqual(back.Written.Span), $"{size} bytes of {type}");
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_small_batch_that_would_grow_beyond_the_budget_is_corrupt_and_costs_no_more_than_the_budget(CompressionType type)
    {
        using var bomb = new PooledBuffer();
        BatchCompression.Compress(type, new byte[64 * Budget], bomb);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<BrokerException>(() => BatchCompression.Decompress(type, bomb.Written, Budget)).Error;

        Assert.Equal(BrokerError.RecordCorrupt, error);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (bomb.Length * 5L) + (16 * Budget));
    }

    [Fact]
    public void A_snappy_block_that_claims_more_than_its_bytes_can_hold_is_refused_before_memory_is_taken()
    {
        byte[] claimsAHundredMebibytes = [0x80, 0x80, 0x80, 0x32, 0x00, 0x61];
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<BrokerException>(
            () => BatchCompression.Decompress(CompressionType.Snappy, claimsAHundredMebibytes, RecordBatchReader.MaxUncompressedSize)).Error;

        Assert.Equal(BrokerError.RecordCorrupt, error);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Budget);
    }

    [Fact]
    public void A_bare_snappy_block_as_librdkafka_writes_it_is_read()
    {
        var source = Text(50_000);

        using var back = BatchCompression.Decompress(CompressionType.Snappy, Snappy.CompressToArray(source), Budget);

        Assert.True(source.AsSpan().SequenceEqual(back.Written.Span));
    }

    [Fact]
    public void Several_gzip_members_are_one_text_as_in_RFC_1952()
    {
        using var bytes = new MemoryStream();
        foreach (var part in (byte[][])["ab"u8.ToArray(), "cd"u8.ToArray()])
        {
            using var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true);
            gzip.Write(part);
        }

        using var back = BatchCompression.Decompress(CompressionType.Gzip, bytes.ToArray(), Budget);

        Assert.Equal("abcd"u8, back.Written.Span);
    }

    // Kafka's Java client refuses dependent blocks ("Dependent block stream is unsupported", its Lz4BlockInputStream).
    [Fact]
    public void Lz4_frames_have_independent_blocks_because_Kafka_reads_no_others()
    {
        using var compressed = new PooledBuffer();

        BatchCompression.Compress(CompressionType.Lz4, Text(300_000), compressed);

        const int VersionMask = 0xC0, BlockIndependence = 0x20, ReservedAndDictionary = 0x03;
        var flags = compressed.Written.Span[4];
        Assert.Equal([0x04, 0x22, 0x4D, 0x18], compressed.Written.Span[..4].ToArray());
        Assert.Equal(0x40, flags & VersionMask);
        Assert.Equal(BlockIndependence, flags & BlockIndependence);
        Assert.Equal(0, flags & ReservedAndDictionary);
    }

    private static byte[] Text(int size)
    {
        var random = new Random(size);
        var bytes = new byte[size];
        for (var i = 0; i < size; i++) bytes[i] = (byte)"etaoin shrdlu 0123456789"[random.Next(random.Next(1, 24))];
        return bytes;
    }
}
