using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace RestBroker.Tests.Server;

/// <summary>How many requests a broker is at work on, those that came after this began, by its own metrics.</summary>
internal sealed class ActiveRequests : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _count;

    public ActiveRequests(TestBroker broker)
    {
        var meters = broker.Services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Other tests have brokers in this process too.
            if (instrument.Name == "http.server.active_requests" && ReferenceEquals(instrument.Meter.Scope, meters)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref _count, change));
        _listener.Start();
    }

    public long Count => Interlocked.Read(ref _count);

    public void Dispose() => _listener.Dispose();
}
