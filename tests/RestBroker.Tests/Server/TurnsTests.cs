using Microsoft.AspNetCore.Http;
using RestBroker.Core.Records;
using RestBroker.Server.Streaming;
using RestBroker.Server.Streaming.Tail;

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
    public async Task A_client_that_takes_whatever_it_gets_does_not_keep_a_thread_to_the_answers_end()
    {
        var context = new DefaultHttpContext();
        context.Response.Body = new MemoryStream();
        using var stalls = new DueQueue(TimeProvider.System, TimeSpan.FromMinutes(1));
        using var flush = new WatchedFlush(context, stalls);

        Assert.True(flush.SendAsync(Turns.PieceSize / 2).AsTask().IsCompletedSuccessfully);
        Assert.Equal(["a piece", "another request", "the next piece"], await OrderAsync(() => flush.SendAsync(Turns.PieceSize / 2)));
    }

    [Fact]
    public async Task Who_passes_lets_through_what_has_come_since() =>
        Assert.Equal(["a piece", "another request", "the next piece"], await OrderAsync(Turns.PassAsync));

    private static async Task<List<string>> OrderAsync(Func<ValueTask> pass)
    {
        var oneAtATime = new TaskFactory(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
        var order = new List<string>();

        await await oneAtATime.StartNew(async () =>
        {
            order.Add("a piece");
            var other = oneAtATime.StartNew(() => order.Add("another request"));
            await pass();
            order.Add("the next piece");
            await other;
        });

        return order;
    }
}
