using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;
using RestBroker.Storage.Files;

namespace RestBroker.Tests.Storage;

/// <summary>Reads that wait for the disk wait on threads of their own.</summary>
public sealed class DiskReadsTests
{
    [Fact]
    public async Task As_many_reads_as_there_may_be_threads_wait_at_the_same_time_and_no_more()
    {
        using var reads = new DiskReads(maxThreads: 3);
        using var waiting = new CountdownEvent(3);
        using var mayGoOn = new ManualResetEventSlim();
        var threads = new ConcurrentQueue<string?>();
        var results = Enumerable.Range(0, 10).Select(i => reads.RunAsync(() =>
        {
            threads.Enqueue(Thread.CurrentThread.Name);
            if (!waiting.IsSet) waiting.Signal();
            mayGoOn.Wait();
            return i;
        })).ToList();
        Assert.True(waiting.Wait(TimeSpan.FromSeconds(30)));
        mayGoOn.Set();

        Assert.Equal(Enumerable.Range(0, 10), await Task.WhenAll(results));
        Assert.Equal(["disk-read-0", "disk-read-1", "disk-read-2"], threads.Distinct().Order());
    }

    [Fact]
    public async Task A_read_that_fails_is_told_and_the_thread_goes_on()
    {
        using var reads = new DiskReads(maxThreads: 1);

        var failed = await Assert.ThrowsAsync<IOException>(() => reads.RunAsync<int>(() => throw new IOException("The disk failed.")));

        Assert.Equal("The disk failed.", failed.Message);
        Assert.Equal(7, await reads.RunAsync(() => 7));
    }

    [Fact]
    public async Task What_was_asked_for_before_the_end_is_done_and_what_comes_after_it_is_done_here()
    {
        var reads = new DiskReads(maxThreads: 1);
        using var mayGoOn = new ManualResetEventSlim();
        var held = reads.RunAsync(() =>
        {
            mayGoOn.Wait();
            return 1;
        });
        var queued = reads.RunAsync(() => 2);

        mayGoOn.Set();
        reads.Dispose();

        Assert.True(held.IsCompletedSuccessfully && queued.IsCompletedSuccessfully);
        Assert.Equal((1, 2), (await held, await queued));
        Assert.Equal(Environment.CurrentManagedThreadId, await reads.RunAsync(() => Environment.CurrentManagedThreadId));
        reads.Dispose();
    }

    [Fact]
    public async Task A_fetch_of_what_memory_does_not_hold_gives_what_was_produced()
    {
        using var directory = new TempDirectory();
        var files = new FaultyFileStore();
        await using var engine = await EmbeddedLogEngine.OpenAsync(
            new LogConfig { DataDirectory = directory.Path, DiskReadThreads = 2 }, TimeProvider.System, NullLoggerFactory.Instance, files, default);
        await engine.CreateTopicAsync(new TopicSpec("orders", 2, null, new Dictionary<string, string>()), default);
        for (var i = 0; i < 40; i++)
        {
            using var builder = new RecordBatchBuilder();
            builder.Append(1_000, null, Encoding.UTF8.GetBytes($"{i}"));
            await engine.ProduceAsync(new ProduceRequest(new("orders", i % 2), builder.Build(), Acks.All), default);
        }

        // Of one partition memory has all, of the other nothing.
        files.IsForgotten = (path, _) => path.EndsWith($"1{Path.DirectorySeparatorChar}{0:D20}.log", StringComparison.Ordinal);
        var fetches = await Task.WhenAll(Enumerable.Range(0, 20).Select(async offset =>
        {
            using var result = await engine.FetchAsync(new FetchRequest { Partitions = [new(new("orders", 0), offset), new(new("orders", 1), offset)] }, default);
            return result.Partitions.Select(Values).ToList();
        }));

        Assert.NotEmpty(files.Waited);
        Assert.All(files.Waited, thread => Assert.StartsWith("disk-read-", thread));
        for (var offset = 0; offset < 20; offset++)
        {
            for (var partition = 0; partition < 2; partition++)
                Assert.Equal(Enumerable.Range(offset, 20 - offset).Select(i => $"{(2 * i) + partition}"), fetches[offset][partition]);
        }
    }

    [Fact]
    public void The_disk_store_reads_what_memory_holds_up_to_the_end_of_the_file()
    {
        using var directory = new TempDirectory();
        var bytes = new byte[300_000];
        Random.Shared.NextBytes(bytes);
        var files = new PhysicalFileStore();
        using var file = files.Open(directory.Write("file", bytes));
        var target = new byte[200_000];

        Assert.True(files.TryRead(file, target, 50_000, out var count));
        Assert.Equal(bytes[50_000..250_000], target[..count]);
        Assert.True(files.TryRead(file, target, 250_000, out count));
        Assert.Equal(bytes[250_000..], target[..count]);
        Assert.True(files.TryRead(file, target, 300_000, out count));
        Assert.Equal(0, count);
        if (files.SyncableDevice(directory.Path) is not null) Assert.Equal(target.Length, LibC.ReadCached(file, target, 0)); // a file system that is known
    }

    private static List<string> Values(FetchedPartition partition)
    {
        var values = new List<string>();
        for (var rest = partition.Batches.ToArray().AsMemory(); RecordBatch.TryRead(rest, out var batch); rest = rest[batch.Size..])
        {
            using var reader = new RecordBatchReader(batch);
            while (reader.TryRead(out var record)) values.Add(Encoding.UTF8.GetString(record.Value!.Value.Span));
        }

        return values;
    }
}
