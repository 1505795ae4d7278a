using RestBroker.Server.Producing;

namespace RestBroker.Tests.Server;

public class ProducedRecordsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(1_000)]
    public void What_was_added_is_there_in_its_order_however_much_it_grows(int count)
    {
        using var records = new ProducedRecords();

        for (var i = 0; i < count; i++) records.Add(new ProducedRecord { Headers = [], Partition = i });

        Assert.Equal(count, records.Count);
        var next = 0;
        foreach (var record in records) Assert.Equal(next++, record.Partition);
        Assert.Equal(count, next);
        Assert.Equal(count - 1, records[count - 1].Partition);
    }

    [Fact]
    public void A_record_beyond_the_last_is_none_though_the_memory_may_hold_one()
    {
        var before = new ProducedRecords();
        before.Add(new ProducedRecord { Headers = [], Partition = 7 });
        before.Dispose();

        using var records = new ProducedRecords();

        Assert.Equal(0, records.Count);
        Assert.Throws<IndexOutOfRangeException>(() => records[0].Partition);
    }

    [Fact]
    public void Receipts_of_records_that_are_nowhere_tell_nothing_of_another_request()
    {
        using (var before = new Receipts(3)) before.Items.Fill(new Receipt(7, 8, 9));

        using var receipts = new Receipts(3);

        Assert.All(receipts.Items.ToArray(), receipt => Assert.Equal(default, receipt));
    }
}
