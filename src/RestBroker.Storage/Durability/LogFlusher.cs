using Microsoft.Extensions.Logging;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Durability;

/// <summary>
/// Group commit without a timer: a log is queued when it becomes dirty, its next sync starts when the last one ends, and whatever was
/// written meanwhile shares it. One idle producer waits one sync; a thousand busy ones share it. The threads are the flusher's own, since
/// a sync blocks. Thread-safe.
/// </summary>
internal sealed partial class LogFlusher : IDisposable
{
    // A log is in the queue at most once, so the queue is bounded by the number of logs.
    private readonly Queue<PartitionLog> _queue = [];
    private readonly ILogger<LogFlusher> _logger;
    private readonly Thread[] _threads;
    private bool _disposed;

    public LogFlusher(int threadCount, ILogger<LogFlusher> logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threadCount, 1);
        _logger = logger;
        _threads = new Thread[threadCount];
        for (var i = 0; i < threadCount; i++)
        {
            _threads[i] = new Thread(Run) { IsBackground = true, Name = $"log-flusher-{i}" };
            _threads[i].Start();
        }
    }

    public void Enqueue(PartitionLog log)
    {
        lock (_queue)
        {
            _queue.Enqueue(log);
            Monitor.Pulse(_queue);
        }
    }

    /// <summary>Ends the threads. What is still queued is flushed by the logs themselves when they are closed.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _disposed = true;
            Monitor.PulseAll(_queue);
        }

        foreach (var thread in _threads) thread.Join();
    }

    private void Run()
    {
        while (Dequeue() is { } log)
        {
            try
            {
                log.Flush();
            }
#pragma warning disable CA1031 // One log's trouble must not end the thread that syncs the others.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Log.FlushFailed(_logger, log.Partition, e);
                log.Fail(e);
            }
        }
    }

    private PartitionLog? Dequeue()
    {
        lock (_queue)
        {
            while (!_disposed)
            {
                if (_queue.TryDequeue(out var log)) return log;
                Monitor.Wait(_queue);
            }

            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Partition}: flushing failed unexpectedly; the log takes no more records")]
        public static partial void FlushFailed(ILogger logger, Core.Topics.TopicPartition partition, Exception error);
    }
}
