using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

/// <summary>What logs told the operator. Thread-safe.</summary>
internal sealed class LogLines : ILogger<PartitionLog>
{
    private readonly ConcurrentQueue<(LogLevel Level, string Message, Exception? Exception)> _lines = [];

    public IReadOnlyList<(LogLevel Level, string Message, Exception? Exception)> All => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, formatter(state, exception), exception));
}
