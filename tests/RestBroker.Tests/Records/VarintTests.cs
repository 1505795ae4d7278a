using RestBroker.Core.Records;

namespace RestBroker.Tests.Records;

public sealed class VarintTests
{
    /// <summary>From Kafka's ByteUtilsTest.</summary>
    [Theory]
    [InlineData(0, "00")]
    [InlineData(-1, "01")]
    [InlineData(1, "02")]
    [InlineData(63, "7E")]
    [InlineData(-64, "7F")]
    [InlineData(64, "8001")]
    [InlineData(-65, "8101")]
    [InlineData(8191, "FE7F")]
    [InlineData(-8192, "FF7F")]
    [InlineData(8192, "808001")]
    [InlineData(-8193, "818001")]
    [InlineData(1048575, "FEFF7F")]
    [InlineData(1048576, "80808001")]
    [InlineData(int.MaxValue, "FEFFFFFF0F")]
    [InlineData(int.MinValue, "FFFFFFFF0F")]
    [InlineData(17179869183, "FEFFFFFF7F")]
    [InlineData(-17179869184, "FFFFFFFF7F")]
    [InlineData(17179869184, "808080808001")]
    [InlineData(-17179869185, "818080808001")]
    [InlineData(long.MaxValue, "FEFFFFFFFFFFFFFFFF01")]
    [InlineData(long.MinValue, "FFFFFFFFFFFFFFFFFF01")]
    public void A_number_has_the_bytes_that_Kafka_gives_it(long value, string hex)
    {
        Span<byte> bytes = stackalloc byte[Varint.MaxSize];

        var size = Varint.Write(bytes, value);

        Assert.Equal(hex, Convert.ToHexString(bytes[..size]));
        Assert.Equal(size, Varint.Size(value));
        Assert.True(Varint.TryRead(bytes[..size], out var read, out var count));
        Assert.Equal((value, size), (read, count));
        Assert.False(Varint.TryRead(bytes[..(size - 1)], out _, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("FFFFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("8080808080808080808000")]
    public void Bytes_that_end_in_the_middle_or_never_end_are_no_number(string hex) =>
        Assert.False(Varint.TryRead(Convert.FromHexString(hex), out _, out _));
}
