using Microsoft.Extensions.Time.Testing;
using RestBroker.Server.Streaming.Tail;

namespace RestBroker.Tests.Server.Tail;

public sealed class AlarmClockTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _happened = [];

    [Fact]
    public void Each_is_due_at_its_own_time_whichever_was_set_first()
    {
        using var clock = new AlarmClock(_time);
        clock.Set(Named("late"), TimeSpan.FromSeconds(10));
        clock.Set(Named("soon"), TimeSpan.FromSeconds(1));
        clock.Set(Named("soon too"), TimeSpan.FromSeconds(1));

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Empty(_happened);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["soon", "soon too"], _happened);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(["soon", "soon too", "late"], _happened);
        Assert.Equal(0, clock.Count);
    }

    [Fact]
    public void Set_again_it_is_due_later_or_sooner_and_stopped_never()
    {
        using var clock = new AlarmClock(_time);
        var (later, sooner, never) = (Named("later"), Named("sooner"), Named("never"));
        clock.Set(later, TimeSpan.FromSeconds(1));
        clock.Set(sooner, TimeSpan.FromSeconds(9));
        clock.Set(never, TimeSpan.FromSeconds(2));
        clock.Set(later, TimeSpan.FromSeconds(5));
        clock.Set(sooner, TimeSpan.FromSeconds(3));
        clock.Stop(never);

        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(["sooner"], _happened);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(["sooner", "later"], _happened);
    }

    [Fact]
    public void What_happens_may_set_itself_again()
    {
        using var clock = new AlarmClock(_time);
        Alarm? tick = null;
        tick = new Alarm(() =>
        {
            _happened.Add("tick");
            clock.Set(tick!, TimeSpan.FromSeconds(1));
        });
        clock.Set(tick, TimeSpan.FromSeconds(1));

        for (var i = 0; i < 3; i++) _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(["tick", "tick", "tick"], _happened);
    }

    private Alarm Named(string name) => new(() => _happened.Add(name));
}
