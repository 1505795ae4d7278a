using RestBroker.Core.Topics;
using RestBroker.Server.Producing;

namespace RestBroker.Tests.Server;

public class ProduceWorkTests
{
    private static readonly TopicDescription Topic = new("t", Guid.Empty, 1, TopicConfig.Default, 1, []);

    [Fact]
    public void What_one_request_left_behind_the_next_does_not_see()
    {
        for (var i = 0; i < 3; i++)
        {
            using var work = ProduceWork.Rent();

            Assert.Equal((0, 0, 0, 0), (work.Body.Length, work.Batches.RecordCount, work.Places.Count, work.Answer.Length));
            Assert.Null(work.Batches.Only);
            Assert.False(work.Faults.Any);
            Assert.Equal(-1, work.Faults.Index);

            work.Body.Write("body"u8);
            work.Answer.Write("answer"u8);
            work.Batches.Begin(new PartitionRule(Topic, null, 1));
            work.Add(new ProducedRecord { Headers = [], Partition = 2 }, 1);
            work.Add(new ProducedRecord { Headers = [], Partition = 0 }, 1);
            work.Faults.Index = 7;
            work.Faults.Add("/key", "wrong");
        }
    }

    [Fact]
    public void Given_back_twice_it_still_serves_one_request_at_a_time()
    {
        var work = ProduceWork.Rent();
        work.Dispose();
        work.Dispose();

        using var one = ProduceWork.Rent();
        using var other = ProduceWork.Rent();

        Assert.NotSame(one, other);
    }
}
