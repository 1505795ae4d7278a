using Microsoft.Extensions.Logging;
using RestBroker.Storage.Catalog;
using RestBroker.Storage.Durability;
using RestBroker.Storage.Files;
using RestBroker.Storage.Log;

namespace RestBroker.Storage.Inspection;

/// <summary>
/// A start's recovery without a broker: torn tails are copied to the quarantine and cut, indexes made again, damaged ranges left as gaps.
/// It is the same code, so that what a repair says and what a start does cannot differ.
/// </summary>
public static class LogRepair
{
    /// <summary>Repairs a directory, or only says what that would do. Returns what was done, a sentence each.</summary>
    /// <exception cref="DataDirectoryException">It is none, of another format, or in use.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(string path, bool isDryRun, CancellationToken cancellationToken)
    {
        var disk = new PhysicalFileStore();
        IFileStore files = isDryRun ? new DryRunFileStore(disk) : disk;
        var directory = new DataDirectory(path);
        StoppedBroker.Require(files, directory);
        var told = new ToldLines();
        using var held = DirectoryLock.Take(files, directory);
        using var flusher = new LogFlusher(1, told.For<LogFlusher>());
        var config = new LogConfig { DataDirectory = path };
        var budget = DescriptorBudget.Share(disk.DescriptorLimit ?? int.MaxValue, config.MaxOpenSegments);
        var host = new LogHost(
            new OpenSegments(files, budget.OpenSegments), flusher, TimeProvider.System, held.Meta.LeaderEpoch, held.BootId,
            config.CheckpointInterval, told.For<PartitionLog>());
        var loaded = new CatalogLoader(directory, host, held.Start, config, told.For<CatalogLoader>());
        await loaded.LoadAsync(cancellationToken);

        using var catalog = loaded.Catalog;
        var isClean = true;
        foreach (var log in catalog.Snapshot.Topics.Values.SelectMany(topic => topic.Logs)) isClean &= log.CloseCleanly();
        isClean &= loaded.Metadata.CloseCleanly();
        if (isClean) held.MarkClean();
        return told.InOrder;
    }

    /// <summary>What the parts tell their logger. Thread-safe.</summary>
    private sealed class ToldLines
    {
        private readonly List<string> _lines = [];

        public IReadOnlyList<string> InOrder
        {
            get
            {
                lock (_lines) return [.. _lines.Order(StringComparer.Ordinal)];
            }
        }

        public ILogger<T> For<T>() => new Line<T>(_lines);

        private sealed class Line<T>(List<string> lines) : ILogger<T>
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(
                LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                lock (lines) lines.Add(formatter(state, exception));
            }
        }
    }
}
