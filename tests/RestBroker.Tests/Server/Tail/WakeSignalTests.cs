using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Tests.Server.Tail;

public sealed class WakeSignalTests
{
    [Fact]
    public async Task A_wake_up_that_nobody_waits_for_is_kept_once()
    {
        var signal = new WakeSignal();
        signal.Wake();
        signal.Wake();

        await signal.WaitAsync();
        var second = signal.WaitAsync().AsTask();

        Assert.False(second.IsCompleted);
        signal.Wake();
        await second;
    }

    [Fact]
    public async Task No_wake_up_is_lost_whoever_comes_first()
    {
        var (signal, answer) = (new WakeSignal(), new WakeSignal());
        const int Rounds = 20_000;
        var waking = Task.Run(async () =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                signal.Wake();
                await answer.WaitAsync();
            }
        });

        for (var i = 0; i < Rounds; i++)
        {
            await signal.WaitAsync();
            answer.Wake();
        }

        await waking.WaitAsync(TimeSpan.FromSeconds(30));
    }
}
