using RestBroker.Core.Engine;

namespace RestBroker.Tests.Server;

/// <summary>Long work lets others through.</summary>
public sealed class TurnsTests
{
    [Fact]
    public void A_turn_is_over_after_each_piece_of_work_however_it_is_cut()
    {
        var turns = default(Turns);

        var small = Enumerable.Range(0, 4 * 64).Count(_ => turns.IsOver(Turns.PieceSize / 64));
        var large = Enumerable.Range(0, 4).Count(_ => turns.IsOver(long.MaxValue / 2));

        Assert.Equal((4, 4), (small, large));
    }

    [Fact]
    public async Task Who_passes_lets_through_what_has_come_since()
    {
        var oneAtATime = new TaskFactory(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        var order = new List<string>();

        await await oneAtATime.StartNew(async () =>
        {
            order.Add("a piece");
            var other = oneAtATime.StartNew(() => order.Add("another request"));
            await Turns.PassAsync();
            order.Add("the next piece");
            await other;
        });

        Assert.Equal(["a piece", "another request", "the next piece"], order);
    }
}
