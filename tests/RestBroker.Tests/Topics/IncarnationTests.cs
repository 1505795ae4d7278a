using RestBroker.Core.Topics;

namespace RestBroker.Tests.Topics;

public sealed class IncarnationTests
{
    /// <summary>Cursors outlive the broker: the first eight base-36 digits, least first, of the first 64 bits of SHA-256 over the id.</summary>
    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000000", "x5kbn7v6")]
    [InlineData("01234567-89ab-cdef-0123-456789abcdef", "ufhr9khn")]
    public void The_incarnation_of_an_id_never_changes(string topicId, string expected) =>
        Assert.Equal(expected, Incarnation.Of(Guid.Parse(topicId)));

    [Fact]
    public void Incarnations_are_eight_letters_and_digits_and_differ()
    {
        var incarnations = Enumerable.Range(0, 10_000).Select(i => Incarnation.Of(new Guid(i, 7, 7, new byte[8]))).ToHashSet();

        Assert.Equal(10_000, incarnations.Count);
        Assert.All(incarnations, incarnation => Assert.Matches("^[0-9a-z]{8}$", incarnation));
    }
}
