using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Tests.Storage;

/// <summary>Who produces alone syncs on its own thread, as long as that holds up nobody.</summary>
public sealed class SyncHereTests : IAsyncLifetime, IDisposable
{
    private const string Topic = "orders";

    private readonly TempDirectory _directory = new();
    private readonly FaultyFileStore _files = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly ConcurrentQueue<Thread> _syncedOn = [];
    private EmbeddedLogEngine _engine = null!;

    public async Task InitializeAsync()
    {
        var config = new LogConfig { DataDirectory = _directory.Path };
        _engine = await EmbeddedLogEngine.OpenAsync(config, _time, NullLoggerFactory.Instance, _files, default);
        await _engine.CreateTopicAsync(new TopicSpec(Topic, 2, null, new Dictionary<string, string>()), default);
        AtEachSync(() => 0);
    }

    public async Task DisposeAsync() => await _engine.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_lone_record_is_synced_on_its_callers_thread()
    {
        var produce = ProduceAsync(0);

        Assert.True(produce.IsCompleted);
        Assert.Equal(0, (await produce).BaseOffset);
        Assert.Same(Thread.CurrentThread, Assert.Single(_syncedOn));
        Assert.Equal(1, (await _engine.DescribePartitionsAsync(Topic, default))[0].HighWatermark);
    }

    [Fact]
    public async Task Where_the_last_sync_took_long_the_next_is_not_made_on_a_callers_thread()
    {
        AtEachSync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(2));
            return 0;
        });
        await ProduceAsync(0);
        var here = Thread.CurrentThread;
        Assert.Same(here, Assert.Single(_syncedOn));

        await ProduceAsync(0);

        Assert.Equal(2, _syncedOn.Count);
        Assert.NotSame(here, _syncedOn.Last());
    }

    [Fact]
    public async Task One_caller_at_a_time_syncs_for_itself_and_the_others_are_served_meanwhile()
    {
        using var isHeld = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        var isFirst = true;
        AtEachSync(() =>
        {
            if (!isFirst) return 0;
            isFirst = false;
            isHeld.Set();
            mayGoOn.Wait();
            return 0;
        });
        var first = new Thread(() => ProduceAsync(0).AsTask().Wait());
        first.Start();
        isHeld.Wait();

        await ProduceAsync(1);
        var behind = ProduceAsync(0);
        Assert.False(behind.IsCompleted);
        mayGoOn.Set();
        await behind;

        first.Join();
        var flushers = _syncedOn.Skip(1).ToList();
        Assert.Equal(2, flushers.Count);
        Assert.All(flushers, thread => Assert.StartsWith("log-flusher", thread.Name, StringComparison.Ordinal));
        Assert.All(await _engine.DescribePartitionsAsync(Topic, default), partition => Assert.Equal(partition.NextOffset, partition.HighWatermark));
    }

    [Fact]
    public async Task A_sync_that_fails_on_a_callers_thread_poisons_the_log()
    {
        AtEachSync(() => FaultyFileStore.IoError);

        var failed = await Assert.ThrowsAsync<BrokerException>(async () => await ProduceAsync(0));
        var refused = await Assert.ThrowsAsync<BrokerException>(async () => await ProduceAsync(0));

        Assert.Equal((BrokerError.StorageFailed, SideEffects.Possible), (failed.Error, failed.SideEffects));
        Assert.Equal((BrokerError.StorageFailed, SideEffects.None), (refused.Error, refused.SideEffects));
        Assert.Equal(0, (await _engine.DescribePartitionsAsync(Topic, default))[0].HighWatermark);
        Assert.False(_engine.IsHealthy);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sync_that_ends_otherwise_than_a_disk_fails_poisons_the_log_too_and_the_engine_can_be_closed(bool isLone)
    {
        AtEachSync(() => throw new InvalidOperationException("not a disk's trouble"));

        var failed = await Assert.ThrowsAsync<BrokerException>(async () => await ProduceAsync(0, isLone));

        Assert.Equal((BrokerError.StorageFailed, SideEffects.Possible), (failed.Error, failed.SideEffects));
        await _engine.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
    }

    private void AtEachSync(Func<int> then) => _files.Fault = (call, path) =>
    {
        if (call != FileCall.Sync || !path.EndsWith(".log", StringComparison.Ordinal)) return 0;
        _syncedOn.Enqueue(Thread.CurrentThread);
        return then();
    };

    private async ValueTask<ProduceResult> ProduceAsync(int partition, bool isLone = true)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, Encoding.UTF8.GetBytes("value"));
        return await _engine.ProduceAsync(new ProduceRequest(new(Topic, partition), builder.Build(), Acks.All) { IsLone = isLone }, default);
    }
}
