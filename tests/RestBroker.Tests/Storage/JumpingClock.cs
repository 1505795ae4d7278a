namespace RestBroker.Tests.Storage;

/// <summary>A wall clock that somebody sets to and fro, beside a monotonic one that only goes on.</summary>
internal sealed class JumpingClock : TimeProvider
{
    /// <summary>How far off the wall clock is.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>The time that has truly gone by.</summary>
    public TimeSpan Elapsed { get; set; } = TimeSpan.FromDays(1);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Elapsed.Ticks;

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero) + Elapsed + Skew;
}
