using RestBroker.Server.Producing;

namespace RestBroker.Tests.Server;

public class RecordPlacesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(1_000)]
    public void What_was_added_is_there_in_its_order_however_much_it_grows(int count)
    {
        using var places = new RecordPlaces();

        for (var i = 0; i < count; i++) places.Add(new RecordPlace(i % 3, i / 3, i, IsOwnTime: true));

        Assert.Equal(count, places.Count);
        for (var i = 0; i < count; i++) Assert.Equal(new RecordPlace(i % 3, i / 3, i, IsOwnTime: true), places[i]);
    }

    [Fact]
    public void A_record_beyond_the_last_is_nowhere_though_the_memory_may_hold_a_place()
    {
        var before = new RecordPlaces();
        before.Add(new RecordPlace(7, 8, 9, IsOwnTime: true));
        before.Dispose();

        using var places = new RecordPlaces();

        Assert.Equal(0, places.Count);
        Assert.Throws<IndexOutOfRangeException>(() => places[0].Partition);
    }

    [Fact]
    public void Receipts_of_records_that_are_nowhere_tell_nothing_of_another_request()
    {
        using (var before = new Receipts(3)) before.Items.Fill(new Receipt(7, 8, 9));

        using var receipts = new Receipts(3);

        Assert.All(receipts.Items.ToArray(), receipt => Assert.Equal(default, receipt));
    }
}
