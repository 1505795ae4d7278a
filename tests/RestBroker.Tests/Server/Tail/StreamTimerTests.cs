namespace RestBroker.Tests.Server.Tail;

/// <summary>However many streams wait, the clock they wait by is one.</summary>
public sealed class StreamTimerTests
{
    private const int Streams = 25;

    // What else the broker times while the test runs; a timer a stream would be far more.
    private const int Noise = 8;

    [Theory]
    [InlineData("/v1/topics/t/events?")]
    [InlineData("/v1/groups/partitioned/events?member=m{0}")]
    [InlineData("/v1/groups/early/events?member=m{0}")]
    [InlineData("/v1/groups/shared/events?member=m{0}")]
    public async Task Many_idle_streams_have_no_more_timers_than_one(string path)
    {
        var timers = new TimerCount();
        await using var broker = TestBroker.Start(new Dictionary<string, string> { ["HeartbeatSeconds"] = "1" }, time: timers);
        await broker.CreateAsync("t", Streams);
        await broker.PutAsync("/v1/groups/partitioned", """{"topics":["t"]}""");
        await broker.PutAsync("/v1/groups/early", """{"topics":["not-yet"]}""");
        await broker.PutAsync("/v1/groups/shared", """{"topics":["t"],"mode":"shared"}""");
        var streams = new List<EventsReader>();
        try
        {
            streams.Add(await OpenAsync(broker, path, 0));
            await IdleAsync(streams);
            var one = timers.Live;

            for (var i = 1; i < Streams; i++) streams.Add(await OpenAsync(broker, path, i));
            await IdleAsync(streams);

            Assert.InRange(timers.Live, 0, one + Noise);
        }
        finally
        {
            foreach (var stream in streams) await stream.DisposeAsync();
        }
    }

    private static Task<EventsReader> OpenAsync(TestBroker broker, string path, int number) =>
        EventsReader.OpenAsync(broker, string.Format(System.Globalization.CultureInfo.InvariantCulture, path, number));

    // Two heartbeats with nothing between them that takes more than a moment: it waits.
    private static async Task IdleAsync(List<EventsReader> streams)
    {
        foreach (var stream in streams)
        {
            for (var beats = 0; beats < 2;) beats = (await stream.NextAsync()).Type == "heartbeat" ? beats + 1 : 0;
        }
    }
}
