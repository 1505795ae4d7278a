using RestBroker.Storage.Producers;

namespace RestBroker.Tests.Storage.Producers;

public sealed class PatientClockTests
{
    [Fact]
    public void A_clock_that_is_set_ahead_is_not_followed_and_one_that_is_set_back_is()
    {
        var (time, clock) = (new SetClock(), new PatientClock());
        var start = clock.Read(time);

        Assert.Equal(60_000, Go(60, wallSeconds: 60));
        Assert.Equal(120_000, Go(60, wallSeconds: 86_400));
        Assert.Equal(180_000, Go(60, wallSeconds: 60));
        Assert.Equal(240_000, Go(60, wallSeconds: 60 - (86_400 - 60))); // set right again
        Assert.Equal(300_000, Go(60, wallSeconds: 60));
        Assert.Equal(240_000, Go(60, wallSeconds: -60));
        Assert.Equal(300_000, Go(60, wallSeconds: 60));

        long Go(int seconds, int wallSeconds)
        {
            time.Steady += seconds;
            time.Wall = time.Wall.AddSeconds(wallSeconds);
            return clock.Read(time) - start;
        }
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Wall { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public long Steady { get; set; }

        public override long TimestampFrequency => 1;

        public override DateTimeOffset GetUtcNow() => Wall;

        public override long GetTimestamp() => Steady;
    }
}
