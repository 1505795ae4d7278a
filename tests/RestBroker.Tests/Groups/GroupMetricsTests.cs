using System.Diagnostics.Metrics;
using RestBroker.Tests.Groups.Shared;
using RestBroker.Tests.Server;

namespace RestBroker.Tests.Groups;

/// <summary>What the meter of groups measures while somebody listens.</summary>
public class GroupMetricsTests
{
    [Fact]
    public async Task Lag_members_and_what_is_in_flight_are_measured()
    {
        await using var broker = TestBroker.Start();
        await broker.CreateAsync("t", 2);
        await broker.PutAsync("/v1/groups/p", """{"topics":["t"]}""");
        await broker.PutAsync("/v1/groups/s", """{"topics":["t"],"mode":"shared"}""");
        await broker.ProduceAsync("t", 1, "1", "2", "3");
        var worker = new SharedMember(broker, "a", "s");
        var held = await worker.FetchAsync();
        await worker.AckAsync("accept", held.Take(1));

        var measured = Measure(broker);

        Assert.Equal(3, measured["restbroker.group.lag group=p partition=1 topic=t"]);
        Assert.Equal(2, measured["restbroker.group.lag group=s partition=1 topic=t"]);
        Assert.Equal(0, measured["restbroker.group.lag group=s partition=0 topic=t"]);
        Assert.Equal(2, measured["restbroker.group.inflight group=s partition=1 state=acquired topic=t"]);
        Assert.Equal((0, 1), (measured["restbroker.group.members group=p"], measured["restbroker.group.members group=s"]));
    }

    // Only this broker's meter: other tests run brokers of their own.
    private static Dictionary<string, long> Measure(TestBroker broker)
    {
        var meters = (IMeterFactory)broker.Services.GetService(typeof(IMeterFactory))!;
        var measured = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == "RestBroker.Groups" && ReferenceEquals(instrument.Meter.Scope, meters)) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var labels = tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"{tag.Key}={tag.Value}");
            measured[$"{instrument.Name} {string.Join(' ', labels)}"] = value;
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return measured;
    }
}
