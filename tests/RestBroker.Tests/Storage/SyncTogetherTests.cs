using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using RestBroker.Storage.Durability;

namespace RestBroker.Tests.Storage;

/// <summary>Many logs that are dirty at once share one sync of the file system, and its failure.</summary>
public sealed class SyncTogetherTests : IDisposable
{
    private const int Crowd = 2 * LogFlusher.MinTogether;

    private readonly TempDirectory _directory = new();
    private readonly FaultyFileStore _files = new() { DeviceOf = _ => 1 };
    private readonly ConcurrentQueue<(FileCall Call, string Path)> _syncs = [];

    private int LogSyncs => _syncs.Count(sync => sync.Call == FileCall.Sync && sync.Path.EndsWith(".log", StringComparison.Ordinal));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Logs_that_queue_up_behind_a_sync_are_synced_by_one_call()
    {
        await using var engine = await OpenAsync();
        var produced = await CrowdAsync(engine);

        await Task.WhenAll(produced);

        Assert.Equal([FileCall.Sync, FileCall.SyncFileSystem], _syncs.Select(sync => sync.Call));
        Assert.All(await engine.DescribePartitionsAsync("crowd", default), partition => Assert.Equal(1, partition.HighWatermark));
    }

    [Fact]
    public async Task A_broker_that_stops_syncs_many_logs_and_what_it_saves_of_them_by_a_few_calls()
    {
        await using (var engine = await OpenAsync())
        {
            await FillAsync(engine);
            Watch(isLogsOnly: false);
        }

        // The state of producers is no cache of a file that is there: it is put in place by itself.
        var alone = _syncs.Where(sync => sync.Call == FileCall.Sync && !sync.Path.Contains(".snapshot", StringComparison.Ordinal));
        Assert.EndsWith("clean-shutdown", Assert.Single(alone).Path, StringComparison.Ordinal);
        Assert.InRange(_syncs.Count(sync => sync.Call == FileCall.SyncFileSystem), 1, 2);
        await using var again = await OpenAsync();
        Assert.All(await again.DescribePartitionsAsync("crowd", default), partition => Assert.Equal(1, partition.HighWatermark));
    }

    [Fact]
    public async Task A_stop_whose_sync_fails_was_none_in_order()
    {
        await using (var engine = await OpenAsync())
        {
            await CreateAsync(engine, "crowd", Crowd);
            await ProduceAsync(engine, "crowd", 0);
            Watch(call => call == FileCall.SyncFileSystem ? FaultyFileStore.IoError : 0);
        }

        Assert.False(File.Exists(Path.Combine(_directory.Path, "clean-shutdown")));
    }

    [Fact]
    public async Task A_start_after_a_crash_syncs_many_logs_by_one_call()
    {
        using var left = await KillAsync();
        WatchTopics();

        await using var again = await OpenAsync(left.Path);

        Assert.Equal(FileCall.SyncFileSystem, _syncs.First().Call);
        Assert.All(_syncs, sync => Assert.Equal(FileCall.SyncFileSystem, sync.Call));
        Assert.All(await again.DescribePartitionsAsync("crowd", default), partition => Assert.Equal(1, partition.HighWatermark));
    }

    [Fact]
    public async Task A_start_after_a_power_cut_notes_where_many_logs_go_on_by_one_call_more()
    {
        await LeaveUncleanAsync();
        _files.BootId = Guid.NewGuid();
        WatchTopics();

        await using (var again = await OpenAsync())
        {
            Assert.Equal([FileCall.SyncFileSystem, FileCall.SyncFileSystem], _syncs.Select(sync => sync.Call));
            await ProduceAsync(again, "crowd", 0);
        }

        Assert.DoesNotContain(_syncs, sync => sync.Call == FileCall.Sync && sync.Path.EndsWith("checkpoint", StringComparison.Ordinal));
        MakeUnclean();
        await using var third = await OpenAsync();
        var next = (await third.DescribePartitionsAsync("crowd", default)).Select(partition => partition.NextOffset);
        Assert.Equal([(1 << 20) + 1, .. Enumerable.Repeat(1 << 20, Crowd - 1)], next);
    }

    [Fact]
    public async Task A_start_whose_sync_of_all_fails_syncs_each_log_by_itself()
    {
        using var left = await KillAsync();
        WatchTopics(call => call == FileCall.SyncFileSystem ? FaultyFileStore.IoError : 0);

        await using var again = await OpenAsync(left.Path);

        Assert.Equal(Crowd, LogSyncs);
        Assert.Equal(Crowd, _syncs.Count(sync => sync.Call == FileCall.SyncDirectory));
        Assert.Single(_syncs, sync => sync.Call == FileCall.SyncFileSystem);
        Assert.True(again.IsHealthy);
    }

    [Fact]
    public async Task A_start_whose_sync_of_the_checkpoints_fails_saves_each_by_itself()
    {
        using var left = await KillAsync();
        _files.BootId = Guid.NewGuid();
        WatchTopics(call => call == FileCall.SyncFileSystem && _syncs.Count(sync => sync.Call == call) == 2 ? FaultyFileStore.IoError : 0);

        await using var again = await OpenAsync(left.Path);

        // Twice each: what the file system did not take, before the other slot is written, and that one.
        Assert.Equal(2 * Crowd, _syncs.Count(sync => sync.Call == FileCall.Sync && sync.Path.EndsWith("checkpoint", StringComparison.Ordinal)));
        Assert.All(await again.DescribePartitionsAsync("crowd", default), partition => Assert.Equal(1 << 20, partition.NextOffset));
    }

    [Theory]
    [InlineData("00000000000000000000.log")]
    [InlineData("checkpoint")]
    public async Task A_start_serves_nothing_whose_own_file_tells_of_a_failure_that_the_file_system_has_told_before(string name)
    {
        using var left = await KillAsync();
        _files.Fault = (call, path) => call == FileCall.CheckWrittenBack && path.EndsWith(name, StringComparison.Ordinal) ? FaultyFileStore.IoError : 0;

        var failure = await Assert.ThrowsAsync<IOException>(() => OpenAsync(left.Path));
        Assert.Contains(name, failure.Message, StringComparison.Ordinal);
        _files.Fault = (_, _) => 0;
        await using var again = await OpenAsync(left.Path);

        Assert.Equal(Enumerable.Repeat(1L, Crowd), (await again.DescribePartitionsAsync("crowd", default)).Select(partition => partition.NextOffset));
    }

    [Fact]
    public async Task A_log_by_itself_waits_for_its_own_file_only()
    {
        await using var engine = await OpenAsync();
        await CreateAsync(engine, "alone", 1);
        Watch();

        await ProduceAsync(engine, "alone", 0);

        Assert.Equal(FileCall.Sync, Assert.Single(_syncs).Call);
    }

    [Fact]
    public async Task A_failed_sync_poisons_every_log_of_its_round_and_is_never_tried_again()
    {
        await using var engine = await OpenAsync();
        await CreateAsync(engine, "well", Crowd);
        var produced = await CrowdAsync(engine, call => call == FileCall.SyncFileSystem ? FaultyFileStore.IoError : 0);

        foreach (var one in produced[1..])
        {
            var failed = await Assert.ThrowsAsync<BrokerException>(() => one);
            Assert.Equal((BrokerError.StorageFailed, SideEffects.Possible), (failed.Error, failed.SideEffects));
        }

        var refused = await Assert.ThrowsAsync<BrokerException>(() => ProduceAsync(engine, "crowd", 1));
        Assert.Equal((BrokerError.StorageFailed, SideEffects.None), (refused.Error, refused.SideEffects));
        Assert.All((await engine.DescribePartitionsAsync("crowd", default)).Skip(1), partition => Assert.Equal(0, partition.HighWatermark));
        Assert.False(engine.IsHealthy);

        // The file system has told of its failure once: a second call could take another log's loss for success.
        _syncs.Clear();
        await Task.WhenAll(await CrowdAsync(engine, topic: "well"));
        Assert.All(_syncs, sync => Assert.Equal(FileCall.Sync, sync.Call));
    }

    [Fact]
    public async Task Logs_on_another_file_system_are_synced_by_themselves()
    {
        await using (var engine = await OpenAsync()) await CreateAsync(engine, "crowd", Crowd);
        _files.DeviceOf = path => path.EndsWith($"{Path.DirectorySeparatorChar}3", StringComparison.Ordinal) ? 2 : 1;
        await using var again = await OpenAsync();

        await Task.WhenAll(await CrowdAsync(again));

        Assert.Equal(Crowd, _syncs.Count);
        Assert.All(_syncs, sync => Assert.Equal(FileCall.Sync, sync.Call));
    }

    /// <summary>Holds the first partition's sync until every other partition has something to be synced.</summary>
    private async Task<List<Task>> CrowdAsync(EmbeddedLogEngine engine, Func<FileCall, int>? fault = null, string topic = "crowd")
    {
        if (await engine.DescribeTopicAsync(topic, default) is null) await CreateAsync(engine, topic, Crowd);
        using var isHeld = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        var first = true;
        Watch(call =>
        {
            if (call == FileCall.Sync && first)
            {
                first = false;
                isHeld.Set();
                mayGoOn.Wait();
            }

            return fault?.Invoke(call) ?? 0;
        });

        List<Task> produced = [ProduceAsync(engine, topic, 0)];
        isHeld.Wait();
        for (var partition = 1; partition < Crowd; partition++) produced.Add(ProduceAsync(engine, topic, partition));
        mayGoOn.Set();
        await produced[0];
        await Task.WhenAny(Task.WhenAll(produced));
        return produced;
    }

    /// <summary>Leaves a record in each log, and all that a stop saves but its mark.</summary>
    private async Task LeaveUncleanAsync()
    {
        await using (var engine = await OpenAsync()) await FillAsync(engine);
        MakeUnclean();
    }

    /// <summary>Leaves a record in each log of a broker that was killed.</summary>
    private async Task<TempDirectory> KillAsync()
    {
        await using var engine = await OpenAsync();
        await FillAsync(engine);
        return TempDirectory.LeftBy(_directory.Path);
    }

    private static async Task FillAsync(EmbeddedLogEngine engine)
    {
        await CreateAsync(engine, "crowd", Crowd);
        for (var partition = 0; partition < Crowd; partition++) await ProduceAsync(engine, "crowd", partition);
    }

    private void MakeUnclean() => File.Delete(Path.Combine(_directory.Path, "clean-shutdown"));

    /// <summary>Takes down every sync below the topics, and those of the file system.</summary>
    private void WatchTopics(Func<FileCall, int>? fault = null) => _files.Fault = (call, path) =>
    {
        var isOfTopic = path.Contains($"{Path.DirectorySeparatorChar}topics{Path.DirectorySeparatorChar}", StringComparison.Ordinal);
        if (call != FileCall.SyncFileSystem && (!isOfTopic || call is not (FileCall.Sync or FileCall.SyncDirectory))) return 0;
        _syncs.Enqueue((call, path));
        return fault?.Invoke(call) ?? 0;
    };

    private void Watch(Func<FileCall, int>? fault = null, bool isLogsOnly = true) => _files.Fault = (call, path) =>
    {
        if (call is not (FileCall.Sync or FileCall.SyncFileSystem) || (isLogsOnly && call == FileCall.Sync && !path.EndsWith(".log", StringComparison.Ordinal))) return 0;
        _syncs.Enqueue((call, path));
        return fault?.Invoke(call) ?? 0;
    };

    // One thread, so that what is queued behind a sync is one round.
    private Task<EmbeddedLogEngine> OpenAsync() => OpenAsync(_directory.Path);

    private Task<EmbeddedLogEngine> OpenAsync(string path) => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = path, FlusherThreads = 1, CheckpointInterval = TimeSpan.FromDays(1) },
        TimeProvider.System, NullLoggerFactory.Instance, _files, default);

    private static async Task CreateAsync(EmbeddedLogEngine engine, string topic, int partitions) =>
        await engine.CreateTopicAsync(new TopicSpec(topic, partitions, null, new Dictionary<string, string>()), default);

    private static async Task ProduceAsync(EmbeddedLogEngine engine, string topic, int partition)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, Encoding.UTF8.GetBytes("value"));
        await engine.ProduceAsync(new ProduceRequest(new(topic, partition), builder.Build(), Acks.All), default);
    }
}
