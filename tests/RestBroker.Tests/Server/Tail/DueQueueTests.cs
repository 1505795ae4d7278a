using Microsoft.Extensions.Time.Testing;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Tests.Server.Tail;

public sealed class DueQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _happened = [];

    [Fact]
    public void Each_is_due_after_the_delay_from_when_it_was_armed()
    {
        using var queue = new DueQueue(_time, TimeSpan.FromSeconds(10));
        queue.Arm(Named("a"));
        _time.Advance(TimeSpan.FromSeconds(4));
        queue.Arm(Named("b"));

        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(["a"], _happened);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["a"], _happened);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["a", "b"], _happened);
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(["a", "b"], _happened);
    }

    [Fact]
    public void Armed_again_it_is_due_later_and_disarmed_never()
    {
        using var queue = new DueQueue(_time, TimeSpan.FromSeconds(10));
        var (again, never) = (Named("again"), Named("never"));
        queue.Arm(again);
        queue.Arm(never);
        _time.Advance(TimeSpan.FromSeconds(9));
        queue.Arm(again);
        queue.Disarm(never);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(_happened);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["again"], _happened);
    }

    [Fact]
    public void What_happens_may_arm_itself_for_the_next_time()
    {
        using var queue = new DueQueue(_time, TimeSpan.FromSeconds(1));
        Due? beat = null;
        beat = new Call(() =>
        {
            _happened.Add("beat");
            queue.Arm(beat!);
        });
        queue.Arm(beat);

        for (var i = 0; i < 5; i++) _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(5, _happened.Count);
    }

    [Fact]
    public void At_the_finish_everything_is_due_and_so_is_what_comes_after()
    {
        using var queue = new DueQueue(_time, TimeSpan.FromSeconds(10));
        queue.Arm(Named("a"));

        queue.Finish();
        Assert.Equal(["a"], _happened);
        queue.Arm(Named("b"));
        Assert.Equal(["a", "b"], _happened);
    }

    [Fact]
    public void One_of_the_midst_is_taken_out_and_comes_back_as_the_last()
    {
        using var queue = new DueQueue(_time, TimeSpan.FromSeconds(10));
        var (one, two, three) = (Named("one"), Named("two"), Named("three"));
        queue.Arm(one);
        queue.Arm(two);
        queue.Arm(three);
        queue.Arm(two);
        Assert.Equal(3, queue.Count);
        queue.Disarm(three);
        queue.Disarm(three);
        Assert.Equal(2, queue.Count);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(["one", "two"], _happened);
        Assert.Equal(0, queue.Count);
    }

    private Call Named(string name) => new(() => _happened.Add(name));

    private sealed class Call(Action call) : Due
    {
        protected internal override void Happen() => call();
    }
}
