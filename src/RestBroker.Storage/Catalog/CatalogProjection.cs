using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RestBroker.Core.Topics;

namespace RestBroker.Storage.Catalog;

/// <summary>
/// Keeps the LiteDB file in step with the catalog, behind it and in the background, and answers pages of topics from it. It may fail
/// at any time: then it is made again, and meanwhile the snapshot in memory answers. Thread-safe.
/// </summary>
internal sealed partial class CatalogProjection : IAsyncDisposable
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stopping = new();
    // One signal is enough, however many changes there were: the writer looks at the newest snapshot.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _gate = new();
    private readonly TopicCatalog _catalog;
    private readonly TimeProvider _time;
    private readonly ILogger<CatalogProjection> _logger;
    private readonly CatalogDatabase _database;
    private readonly Task _writing;
    private TaskCompletionSource _caughtUp = NewSource();
    private long _applied = -1;

    public CatalogProjection(TopicCatalog catalog, CatalogDatabase database, TimeProvider time, ILogger<CatalogProjection> logger)
    {
        (_catalog, _database, _time, _logger) = (catalog, database, time, logger);
        _catalog.Changed = Signal;
        Signal();
        _writing = WriteAsync();
    }

    /// <summary>A page with every change made before the call; null where the projection cannot tell in time.</summary>
    public async ValueTask<TopicPage?> ListAsync(TopicQuery query, CancellationToken cancellationToken)
    {
        if (!await CatchUpAsync(_catalog.Snapshot.Version, cancellationToken)) return null;
        try
        {
            List<string> names;
            lock (_gate) names = _database.Find(query);
            var snapshot = _catalog.Snapshot;
            var topics = names.Take(query.Limit).Select(snapshot.Find).OfType<Topic>().Select(topic => topic.Description);
            return new TopicPage([.. topics], names.Count > query.Limit);
        }
#pragma warning disable CA1031 // LiteDB reports damage by exceptions of every kind; whichever it is, the file is made again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Failed(_logger, e);
            lock (_gate) _applied = -1;
            Signal();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        _catalog.Changed = null;
        await _stopping.CancelAsync();
        await _writing;
        lock (_gate) _database.Close();
        _stopping.Dispose();
    }

    private async Task<bool> CatchUpAsync(long version, CancellationToken cancellationToken)
    {
        var deadline = _time.GetTimestamp();
        while (true)
        {
            Task caughtUp;
            lock (_gate)
            {
                if (_applied >= version) return true;
                caughtUp = _caughtUp.Task;
            }

            var left = MaxWait - _time.GetElapsedTime(deadline);
            if (left <= TimeSpan.Zero || _stopping.IsCancellationRequested) return false;
            try
            {
                await caughtUp.WaitAsync(left, _time, cancellationToken);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }

    private async Task WriteAsync()
    {
        await Task.Yield(); // the start does not wait for LiteDB
        try
        {
            while (await _changed.Reader.ReadAsync(_stopping.Token))
            {
                if (TryApply() || TryApply()) continue;
                await Task.Delay(MaxWait, _time, _stopping.Token);
                Signal();
            }
        }
        catch (OperationCanceledException)
        {
            // The broker ends.
        }
    }

    private bool TryApply()
    {
        try
        {
            lock (_gate)
            {
                var snapshot = _catalog.Snapshot;
                _database.Apply(snapshot, isSure: _applied >= 0);
                _applied = snapshot.Version;
                _caughtUp.TrySetResult();
                _caughtUp = NewSource();
            }

            return true;
        }
#pragma warning disable CA1031 // As above.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Failed(_logger, e);
            lock (_gate)
            {
                _applied = -1;
                _database.Drop();
            }

            return false;
        }
    }

    private void Signal() => _changed.Writer.TryWrite(true);

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The catalog's projection failed and is made again; no topic is affected")]
        public static partial void Failed(ILogger logger, Exception error);
    }
}
