using RestBroker.Core.Errors;
using RestBroker.Server.Streaming;

namespace RestBroker.Tests.Server;

public sealed class FetchStartTests
{
    [Theory]
    [InlineData("earliest", "earliest")]
    [InlineData("latest", "latest")]
    [InlineData("-1", "-1")]
    [InlineData("-250", "-250")]
    [InlineData("1700000000000", "1700000000000")]
    [InlineData("000000000005", "000000000005")]
    [InlineData("2023-11-14T22:13:20Z", "1700000000000")]
    [InlineData("2023-11-14T22:13:20.5Z", "1700000000500")]
    [InlineData("2023-11-15T07:13:20+09:00", "1700000000000")]
    [InlineData("2023-11-15T07:13:20 09:00", "1700000000000")]
    public void A_place_to_start_is_read(string text, string canonical) => Assert.Equal(canonical, StartText.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("first")]
    [InlineData("EARLIEST")]
    [InlineData("-0")]
    [InlineData("--5")]
    [InlineData("-")]
    [InlineData("+5")]
    [InlineData("1.5")]
    [InlineData("2023-13-45T00:00:00Z")]
    [InlineData("yesterday")]
    public void Anything_else_is_refused(string text) =>
        Assert.Equal(BrokerError.InvalidRequest, Assert.Throws<BrokerException>(() => StartText.Parse(text)).Error);

    [Theory]
    [InlineData("0")]
    [InlineData("42")]
    [InlineData("17000000000")]
    public void A_number_too_short_for_a_time_is_told_where_offsets_are_read(string text)
    {
        var refused = Assert.Throws<BrokerException>(() => StartText.Parse(text));

        Assert.Equal(BrokerError.InvalidRequest, refused.Error);
        Assert.Contains($"/partitions/{{partition}}/records?offset={text}", refused.Message, StringComparison.Ordinal);
    }
}
