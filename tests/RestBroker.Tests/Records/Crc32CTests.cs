using System.Text;
using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

public sealed class Crc32CTests
{
    /// <summary>RFC 3720, appendix B.4; the last is the check value of the CRC catalogues.</summary>
    public static TheoryData<byte[], uint> Known => new()
    {
        { new byte[32], 0x8A9136AA },
        { [.. Enumerable.Repeat((byte)0xFF, 32)], 0x62A8AB43 },
        { [.. Enumerable.Range(0, 32).Select(i => (byte)i)], 0x46DD794E },
        { [.. Enumerable.Range(0, 32).Select(i => (byte)(31 - i))], 0x113FDB5C },
        {
            Convert.FromHexString("01C000000000000000000000000000001400000000000400000000140000001828000000000000000200000000000000"),
            0xD9963A56
        },
        { Encoding.ASCII.GetBytes("123456789"), 0xE3069283 },
        { [], 0 },
    };

    [Theory]
    [MemberData(nameof(Known))]
    public void The_checksum_of_known_bytes_is_the_published_one(byte[] bytes, uint expected) =>
        Assert.Equal(expected, Crc32C.Compute(bytes));

    [Fact]
    public void Every_length_and_alignment_gives_what_the_bitwise_definition_gives()
    {
        var bytes = new byte[64];
        new Random(3720).NextBytes(bytes);

        for (var start = 0; start < 9; start++)
            for (var length = 0; length <= bytes.Length - start; length++)
                Assert.Equal(Bitwise(bytes.AsSpan(start, length)), Crc32C.Compute(bytes.AsSpan(start, length)));
    }

    [Fact]
    public void Long_bytes_taken_in_lanes_give_what_the_bitwise_definition_gives()
    {
        var bytes = new byte[20_000];
        new Random(4160).NextBytes(bytes);

        foreach (var length in (ReadOnlySpan<int>)[3_071, 3_072, 3_073, 6_143, 6_144, 9_217, 19_991])
            for (var start = 0; start < 9; start++)
                Assert.Equal(Bitwise(bytes.AsSpan(start, length)), Crc32C.Compute(bytes.AsSpan(start, length)));
    }

    [Fact]
    public void Bytes_taken_in_two_pieces_give_what_the_whole_gives()
    {
        var bytes = new byte[9_217];
        new Random(3309).NextBytes(bytes);

        for (var cut = 0; cut <= bytes.Length; cut++)
            Assert.Equal(Crc32C.Compute(bytes), Crc32C.Append(Crc32C.Compute(bytes.AsSpan(..cut)), bytes.AsSpan(cut..)));
    }

    [Fact]
    public void A_batch_however_large_carries_the_checksum_of_all_that_lies_behind_it()
    {
        const int behindIt = 21;
        foreach (var size in (ReadOnlySpan<int>)[.. Enumerable.Range(Turns.PieceSize - 60, 40), (2 * Turns.PieceSize) - 50, 200_000])
        {
            using var builder = new RecordBatchBuilder();
            builder.Append(1, null, new byte[size], []);
            var batch = builder.Build();

            Assert.Equal(Crc32C.Compute(batch.Bytes.Span[behindIt..]), batch.Crc);
            Assert.True(batch.IsCrcValid());
        }
    }

    private static uint Bitwise(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
        }

        return ~crc;
    }
}
