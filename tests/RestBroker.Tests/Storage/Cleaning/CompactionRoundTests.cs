using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Storage;
using RestBroker.Storage.Cleaning;
using RestBroker.Storage.Metrics;

namespace RestBroker.Tests.Storage;

public sealed class CompactionRoundTests : IDisposable
{
    private readonly KeyedLog _dirty = new();
    private readonly KeyedLog _dirtier = new();
    private readonly CompactionMetrics _metrics;
    private readonly CompactionRound _round;

    public CompactionRoundTests()
    {
        _metrics = new CompactionMetrics(scope: this);
        _round = new CompactionRound(new LogConfig { DataDirectory = "" }, _dirty.Fixture.Time, _metrics, NullLogger<CompactionRound>.Instance);
    }

    public void Dispose()
    {
        _dirty.Dispose();
        _dirtier.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task The_dirtiest_log_comes_first_and_a_log_that_is_not_due_not_at_all()
    {
        await WriteAsync(_dirty);
        _dirty.Compact();
        await WriteAsync(_dirty);
        await WriteAsync(_dirtier);
        using var idle = new KeyedLog();
        var order = new List<string>();
        _dirty.Fixture.Files.Fault = (_, path) => Note("dirty", path);
        _dirtier.Fixture.Files.Fault = (_, path) => Note("dirtier", path);

        Assert.Equal(2, Run(_dirty, idle, _dirtier));

        Assert.Equal(["dirtier", "dirty"], order.Distinct());
        Assert.Equal(0, Run(_dirty, idle, _dirtier));

        int Note(string name, string path)
        {
            if (path.EndsWith(".cleaned", StringComparison.Ordinal)) order.Add(name);
            return 0;
        }
    }

    [Fact]
    public async Task A_log_that_the_disk_fails_is_tried_again_after_a_while_and_the_others_go_on()
    {
        await WriteAsync(_dirty);
        await WriteAsync(_dirtier);
        var attempts = 0;
        _dirty.Fixture.Files.Fault = (call, path) =>
        {
            if (call != FileCall.Write || !path.EndsWith(".cleaned", StringComparison.Ordinal)) return 0;
            attempts++;
            return FaultyFileStore.NoSpace;
        };

        Assert.Equal(1, Run(_dirty, _dirtier));
        Assert.Equal(0, Run(_dirty, _dirtier));
        Assert.Equal(1, attempts);
        _dirty.Fixture.Files.Fault = (_, _) => 0;
        _dirty.Fixture.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(1, Run(_dirty, _dirtier));
        Assert.Single(_dirty.Read(), entry => entry.Key == "a");
    }

    [Fact]
    public async Task Metrics_tell_what_was_done()
    {
        var counted = new Dictionary<string, long>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == this) self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => counted[instrument.Name] = counted.GetValueOrDefault(instrument.Name) + value);
        listener.Start();
        await WriteAsync(_dirty);
        var before = _dirty.Log.Segments.Size;

        Run(_dirty);

        Assert.Equal(1, counted["restbroker.compaction.runs"]);
        Assert.Equal(before - _dirty.Log.Segments.Size, counted["restbroker.compaction.reclaimed"]);
        Assert.Equal(9, counted["restbroker.compaction.removed"]);
        Assert.True(counted["restbroker.compaction.copied"] > before);
    }

    private int Run(params KeyedLog[] logs) => _round.Run(logs.Select(log => log.Log), CancellationToken.None);

    private static async Task WriteAsync(KeyedLog log)
    {
        for (var i = 0; i < 10; i++) await log.AppendAsync($"a={i}");
        log.Roll();
    }
}
