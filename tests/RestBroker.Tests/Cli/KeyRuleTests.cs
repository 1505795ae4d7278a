using System.Text;
using RestBroker.Cli.Produce;

namespace RestBroker.Tests.Cli;

public sealed class KeyRuleTests
{
    [Theory]
    [InlineData(1, "83.149.9.216 - - [17/May]", "83.149.9.216")]
    [InlineData(2, "a  b\tc", "b")]
    [InlineData(3, "a  b\tc", "c")]
    [InlineData(1, "  a", "a")]
    [InlineData(4, "a b c", null)]
    [InlineData(1, "", null)]
    [InlineData(2, "a ", null)]
    public void A_field_is_the_key_and_the_whole_line_the_value(int field, string line, string? key)
    {
        Assert.True(KeyRule.Field(field).TryApply(Encoding.UTF8.GetBytes(line), out var keyed));

        Assert.Equal(key is not null, keyed.HasKey);
        Assert.Equal(key ?? "", Encoding.UTF8.GetString(keyed.Key));
        Assert.Equal(line, Encoding.UTF8.GetString(keyed.Value));
    }

    [Theory]
    [InlineData(":", "k:v:w", "k", "v:w")]
    [InlineData(":", ":v", "", "v")]
    [InlineData("=>", "k=>", "k", "")]
    public void A_separator_cuts_at_its_first_place_and_an_empty_key_is_a_key(string separator, string line, string key, string value)
    {
        Assert.True(KeyRule.BeforeSeparator(separator).TryApply(Encoding.UTF8.GetBytes(line), out var keyed));

        Assert.True(keyed.HasKey);
        Assert.Equal(key, Encoding.UTF8.GetString(keyed.Key));
        Assert.Equal(value, Encoding.UTF8.GetString(keyed.Value));
    }

    [Fact]
    public void A_line_without_the_separator_has_no_key_to_take()
    {
        Assert.False(KeyRule.BeforeSeparator(":").TryApply("no colon"u8, out _));
    }

    [Fact]
    public void Without_a_rule_there_is_no_key()
    {
        Assert.True(KeyRule.None.TryApply("a b"u8, out var keyed));
        Assert.False(keyed.HasKey);
    }
}
