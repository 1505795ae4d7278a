using CsCheck;
using RestBroker.Core.Errors;
using RestBroker.Server.Streaming;

namespace RestBroker.Tests.Server;

public sealed class FetchCursorTests
{
    /// <summary>The published spellings: a change here breaks every client that holds one.</summary>
    [Theory]
    [InlineData("1~k3f9a2q0~43.18.7", "k3f9a2q0 43 18 7")]
    [InlineData("1~k3f9a2q0~0", "k3f9a2q0 0")]
    [InlineData("1~k3f9a2q0~", "k3f9a2q0 -")]
    [InlineData("1~k3f9a2q0~11..", "k3f9a2q0 11 - -")]
    [InlineData("1~k3f9a2q0~.5", "k3f9a2q0 - 5")]
    [InlineData("1~00000000~9223372036854775807", "00000000 9223372036854775807")]
    [InlineData("1~k3f9a2q0~1.2~zzzzzzzz~3", "k3f9a2q0 1 2|zzzzzzzz 3")]
    [InlineData("1~k3f9a2q0~5~@12", "k3f9a2q0 5")]
    [InlineData("1~end", "")]
    public void Golden_cursors_are_read_and_written_as_they_stand(string text, string meaning)
    {
        var cursor = Cursor.Parse(text);

        Assert.Equal(meaning, string.Join('|', cursor.Topics.Select(Describe)));
        Assert.Equal(text, cursor.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1~")]
    [InlineData("1~k3f9a2q0")]
    [InlineData("2~k3f9a2q0~43")]
    [InlineData("01~k3f9a2q0~43")]
    [InlineData("1~END")]
    [InlineData("1~end~")]
    [InlineData("1~end~5")]
    [InlineData("1~k3f9a2q~43")]
    [InlineData("1~k3f9a2q00~43")]
    [InlineData("1~K3F9A2Q0~43")]
    [InlineData("1~k3f9a2q0~043")]
    [InlineData("1~k3f9a2q0~-1")]
    [InlineData("1~k3f9a2q0~+1")]
    [InlineData("1~k3f9a2q0~ 1")]
    [InlineData("1~k3f9a2q0~1,2")]
    [InlineData("1~k3f9a2q0~9223372036854775808")]
    [InlineData("1~k3f9a2q0~43~")]
    [InlineData("1~k3f9a2q0~43~zzzzzzzz")]
    [InlineData("1~k3f9a2q0~٤")]
    public void What_the_grammar_does_not_have_is_refused(string text)
    {
        var refused = Assert.Throws<BrokerException>(() => Cursor.Parse(text));

        Assert.Equal(BrokerError.InvalidCursor, refused.Error);
        Assert.Contains("cannot be read", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cursor_longer_than_any_read_is_refused_before_it_takes_memory()
    {
        Assert.False(Cursor.TryParse("1~k3f9a2q0~" + new string('.', 1_000_000), out _, out var fault));
        Assert.Contains("slots", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_has_one_spelling()
    {
        var topic = Gen.Select(Gen.String[Gen.Char["0123456789abcdefghijklmnopqrstuvwxyz"], 8, 8], Gen.Long[-1, long.MaxValue].Array[1, 20]);

        topic.Array[1, 4].Sample(topics =>
        {
            var position = topics.Select(t => new CursorTopic(t.Item1, t.Item2)).ToList();
            var text = Cursor.Format(position);
            var cursor = Cursor.Parse(text);
            Assert.Equal(text, cursor.ToString());
            Assert.Equal(topics.Select(t => t.Item2), cursor.Topics.Select(t => t.Slots.ToArray()));
        });
    }

    [Fact]
    public void A_partition_beyond_the_last_slot_is_read_from_its_beginning()
    {
        var topic = Cursor.Parse("1~k3f9a2q0~43..7").Topics[0];

        Assert.Equal([43, null, 7, 0], Enumerable.Range(0, 4).Select(topic.NextOffset));
    }

    [Fact]
    public void A_cursor_keeps_what_it_was_made_of()
    {
        long[] slots = [1, 2];
        var cursor = Cursor.Of([new CursorTopic("k3f9a2q0", slots)]);

        slots[0] = 100;

        Assert.Equal("1~k3f9a2q0~1.2", cursor.ToString());
    }

    private static string Describe(CursorTopic topic) =>
        $"{topic.Incarnation} {string.Join(' ', topic.Slots.ToArray().Select(slot => slot < 0 ? "-" : $"{slot}"))}";
}
