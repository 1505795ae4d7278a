using System.Diagnostics;
using System.Net;
using RestBroker.Benchmarks.Measuring;

namespace RestBroker.Benchmarks.Load;

/// <summary>
/// Sends requests over some connections, each its next one when its answer has come, and measures. One thread, the same for the broker
/// and for its limit. Not thread-safe.
/// </summary>
internal sealed class LoadDriver : IDisposable
{
    private readonly LoadConnection[] _connections;
    private readonly PollEntry[] _entries;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly LatencySample _latencies = new();
    private readonly Func<int, ReadOnlyMemory<byte>> _next;

    /// <param name="server">Where to.</param>
    /// <param name="connections">How many requests are in flight.</param>
    /// <param name="next">The next request of a connection.</param>
    /// <param name="bytesPerSecond">The speed of each connection's line; null = of this machine's memory.</param>
    public LoadDriver(EndPoint server, int connections, Func<int, ReadOnlyMemory<byte>> next, int? bytesPerSecond = null)
    {
        _next = next;
        _connections = [.. Enumerable.Range(0, connections).Select(_ => new LoadConnection(server, bytesPerSecond: bytesPerSecond))];
        _entries = [.. _connections.Select(connection => connection.Entry)];
    }

    /// <summary>What is done with an answer of a connection before its next request; null = nothing.</summary>
    public Action<int, ResponseReader>? Answered { get; init; }

    public long BodyBytes => _connections.Sum(connection => connection.Response.BodyBytes);

    /// <summary>Keeps bodies of this connection, for those who read them.</summary>
    public void KeepBodies(int connection, MemoryStream kept) => _connections[connection].Response.Kept = kept;

    /// <summary>Sends for so long, then waits for the last answers.</summary>
    public LoadResult Run(TimeSpan duration)
    {
        _latencies.Clear();
        var bytes = BodyBytes;
        var started = Stopwatch.GetTimestamp();
        var end = started + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        for (var i = 0; i < _connections.Length; i++) Send(i);
        var busy = _connections.Length;
        while (busy > 0)
        {
            if (Polling.Wait(_entries, 30_000) == 0) throw new TimeoutException("The server did not answer for 30 s.");
            var isOver = Stopwatch.GetTimestamp() >= end;
            for (var i = 0; i < _entries.Length; i++)
            {
                if (_entries[i].Got == 0 || !Take(i)) continue;
                if (isOver) busy--;
                else Send(i);
            }
        }

        return new LoadResult(_latencies.Count, BodyBytes - bytes, Stopwatch.GetElapsedTime(started).TotalSeconds, _latencies.Quantile(0.5), _latencies.Quantile(0.99), _latencies.Quantile(1));
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }

    private void Send(int i)
    {
        _connections[i].Send(_next(i));
        Watch(i);
    }

    private bool Take(int i)
    {
        var connection = _connections[i];
        if (connection.HasUnsent) connection.GoOnSending();
        var isWhole = connection.Receive(_buffer);
        Watch(i);
        if (!isWhole) return false;
        _latencies.Add(Stopwatch.GetElapsedTime(connection.SentAt));
        if (connection.Response.Status is < 200 or > 299)
            throw new InvalidDataException($"The server answered {connection.Response.Status}.");
        Answered?.Invoke(i, connection.Response);
        return true;
    }

    private void Watch(int i) =>
        _entries[i].Wanted = _connections[i].HasUnsent ? (short)(Polling.Readable | Polling.Writable) : Polling.Readable;
}

/// <summary>What a run of the driver saw.</summary>
/// <param name="Requests">Answers.</param>
/// <param name="BodyBytes">Bytes of their bodies.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Median">The median latency in seconds.</param>
/// <param name="P99">What one in a hundred was slower than.</param>
/// <param name="Slowest">The longest that an answer took.</param>
internal readonly record struct LoadResult(long Requests, long BodyBytes, double Seconds, double Median, double P99, double Slowest);
