using System.Diagnostics;
using System.Net;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Benchmarks.Processes;

namespace RestBroker.Benchmarks.Load;

/// <summary>
/// Many open streams and one publisher: the next piece is published when every stream has the last one. One thread. Not thread-safe.
/// </summary>
internal sealed class EventSwarm : IDisposable
{
    private readonly LoadConnection[] _connections;
    private readonly PollEntry[] _entries;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly int _streams;
    private readonly LatencySample _latencies = new();
    private long _events;

    /// <param name="server">Where to.</param>
    /// <param name="streams">How many.</param>
    /// <param name="subscribe">The request that opens one.</param>
    public EventSwarm(EndPoint server, int streams, byte[] subscribe)
    {
        _streams = streams;
        _connections = new LoadConnection[streams + 1];
        for (var i = 0; i < streams; i++)
        {
            _connections[i] = new LoadConnection(server, countsEvents: true);
            _connections[i].Send(subscribe);
        }

        _connections[streams] = new LoadConnection(server);
        _entries = [.. _connections.Select(connection => connection.Entry)];
        // Each says something at once: a stream that has spoken is open.
        Receive(() => _connections.Take(streams).All(connection => connection.Response.Events > 0));
    }

    /// <summary>From one piece to the next; 0 = as soon as the last one has come.</summary>
    public TimeSpan Interval { get; set; }

    private LoadConnection Publisher => _connections[_streams];

    /// <summary>Publishes for so long; the units are events that arrived.</summary>
    /// <param name="publish">The request that publishes a piece.</param>
    /// <param name="events">How many events a stream gets of it.</param>
    /// <param name="server">Whose CPU is counted.</param>
    /// <param name="duration">For so long.</param>
    public Slice Run(byte[] publish, int events, ServerProcess server, TimeSpan duration)
    {
        _latencies.Clear();
        var cpu = server.CpuSeconds;
        var started = Stopwatch.GetTimestamp();
        long arrived = 0;
        var interval = (long)(Interval.TotalSeconds * Stopwatch.Frequency);
        var due = started;
        for (; Stopwatch.GetElapsedTime(started) < duration; arrived += (long)events * _streams)
        {
            var target = _events + ((long)events * _streams);
            Polling.SleepUntil(due);
            due = Math.Max(due, Stopwatch.GetTimestamp() - interval) + interval;
            var sent = Stopwatch.GetTimestamp();
            Publisher.Send(publish);
            Receive(() => _events >= target);
            _latencies.Add(Stopwatch.GetElapsedTime(sent));
            Receive(() => !Publisher.IsBusy);
        }

        return new Slice
        {
            Units = arrived,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            CpuSeconds = server.CpuSeconds - cpu,
            Median = _latencies.Quantile(0.5),
            Slowest = _latencies.Quantile(1),
            P99 = _latencies.Quantile(0.99),
        };
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private void Receive(Func<bool> isEnough)
    {
        while (!isEnough())
        {
            if (Polling.Wait(_entries, 30_000) == 0) throw new TimeoutException("No event for 30 s.");
            for (var i = 0; i < _entries.Length; i++)
            {
                if (_entries[i].Got == 0) continue;
                var response = _connections[i].Response;
                var before = response.Events;
                if (_connections[i].HasUnsent) _connections[i].GoOnSending();
                _connections[i].Receive(_buffer);
                _events += response.Events - before;
            }
        }

        if (Publisher.Response.Status > 299) throw new InvalidDataException($"The server answered {Publisher.Response.Status}.");
    }
}
