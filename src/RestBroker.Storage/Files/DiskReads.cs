using System.Collections.Concurrent;

namespace RestBroker.Storage.Files;

/// <summary>
/// Reads that wait for the disk, on threads of their own: the pool has one for each core, and whoever waits on it keeps everybody else
/// waiting, while a disk is quick only where many ask at once. Threads begin as they are needed. Thread-safe.
/// </summary>
/// <param name="maxThreads">How many reads wait at the same time at the most; others queue up.</param>
internal sealed class DiskReads(int maxThreads) : IDisposable
{
    private readonly BlockingCollection<Task> _queue = [];
    private readonly List<Thread> _threads = [];
    private readonly Lock _gate = new();
    private int _running; // or queued
    private bool _disposed;

    /// <summary>Completes when a read has. After disposal, or where the system has no thread to give, it is done here.</summary>
    public Task<T> RunAsync<T>(Func<T> read)
    {
        var task = new Task<T>(read, TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryQueue(task)) task.RunSynchronously();
        return task;
    }

    /// <summary>Ends the threads once all that was asked for is done.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            _queue.CompleteAdding();
        }

        foreach (var thread in _threads) thread.Join();
        _queue.Dispose();
    }

    private bool TryQueue(Task task)
    {
        lock (_gate)
        {
            if (_disposed) return false;
            if (_running >= _threads.Count && _threads.Count < maxThreads) TryBegin();
            if (_threads.Count == 0) return false;
            _running++;
            _queue.Add(task);
            return true;
        }
    }

    private void TryBegin()
    {
        var thread = new Thread(Run) { IsBackground = true, Name = $"disk-read-{_threads.Count}" };
        try
        {
            thread.Start();
            _threads.Add(thread);
        }
        catch (OutOfMemoryException)
        {
            // The system has no thread to give: those that there are go on.
        }
    }

    private void Run()
    {
        foreach (var task in _queue.GetConsumingEnumerable())
        {
            task.RunSynchronously(TaskScheduler.Default); // a failure is the task's
            lock (_gate) _running--;
        }
    }
}
