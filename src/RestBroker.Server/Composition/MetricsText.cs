using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using RestBroker.Storage;

namespace RestBroker.Server.Composition;

/// <summary>
/// Listens to the meters of this host's log, groups and Kestrel and of .NET, and writes what they say in Prometheus' text format.
/// Thread-safe.
/// </summary>
internal sealed class MetricsText(IMeterFactory meters) : IHostedService, IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // Of what an instrument tells apart by tags, so many are kept; the rest go into one series without tags.
    private const int MaxSeriesPerInstrument = 1_000;

    // ASP.NET Core's own meter is not among them: its histogram has six tags and is fed by every request.
    private static readonly string[] Meters = [EmbeddedLogEngine.MeterName, GroupMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, MetricSeries>> _instruments = [];
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!IsHeard(instrument.Meter)) return;
            _instruments[instrument] = [];
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.MeasurementsCompleted = (instrument, _) => _instruments.TryRemove(instrument, out var _);
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<float>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    /// <summary>Everything as it is now.</summary>
    public string Write()
    {
        lock (_gate)
        {
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var named in _instruments.GroupBy(entry => NameOf(entry.Key)).OrderBy(group => group.Key, StringComparer.Ordinal))
            {
                var instrument = named.First().Key;
                var series = named.SelectMany(entry => entry.Value).GroupBy(one => one.Key, one => one.Value).ToList();
                if (series.Count == 0) continue;
                text.Append(CultureInfo.InvariantCulture, $"# HELP {named.Key} {Escape(instrument.Description ?? "")}\n");
                text.Append(CultureInfo.InvariantCulture, $"# TYPE {named.Key} {KindOf(instrument)}\n");
                foreach (var one in series) MetricSeries.Sum(one).Write(text, named.Key, one.Key);
            }

            return text.ToString();
        }
    }

    // A meter's scope is the host that made it; .NET's own has none. Another host of this process is not told of here.
    private bool IsHeard(Meter meter) => Meters.Contains(meter.Name) && (meter.Scope is null || meter.Scope == meters);

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (!_instruments.TryGetValue(instrument, out var series)) return;
        var labels = LabelsOf(tags);
        if (series.Count >= MaxSeriesPerInstrument && !series.ContainsKey(labels)) labels = "";
        series.GetOrAdd(labels, static (_, kind) => new MetricSeries(kind == "histogram"), KindOf(instrument)).Add(value, isAbsolute: instrument.IsObservable);
    }

    private static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty) return "";
        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            if (text.Length > 0) text.Append(',');
            text.Append(CultureInfo.InvariantCulture, $"{name.Replace('.', '_')}=\"{Escape(Convert.ToString(value, CultureInfo.InvariantCulture) ?? "")}\"");
        }

        return text.ToString();
    }

    private static string Escape(string text) =>
        text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        if (type == typeof(Histogram<>)) return "histogram";
        return type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? "counter" : "gauge";
    }

    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var total = KindOf(instrument) == "counter" ? "_total" : "";
        return instrument.Name.Replace('.', '_') + unit + total;
    }
}
