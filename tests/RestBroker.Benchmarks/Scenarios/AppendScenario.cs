using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Benchmarks.Limit;
using RestBroker.Benchmarks.Load;
using RestBroker.Benchmarks.Measuring;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Benchmarks.Scenarios;

/// <summary>P4: the engine alone, in this process, beside a file that is given the same batches with a checksum.</summary>
internal static class AppendScenario
{
    private const int Records = 100;

    private static readonly TimeSpan TenMilliseconds = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(Bench bench)
    {
        var config = new LogConfig { DataDirectory = bench.Directory["engine"] };
        await using var engine = await EmbeddedLogEngine.OpenAsync(config, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        await RunAsync(bench, engine, "async", "page cache", null);
        await RunAsync(bench, engine, "now-and-then", "a sync every 10 ms", TenMilliseconds);
        await RunAsync(bench, engine, "synced", "a sync per batch", TimeSpan.Zero);
    }

    // What is not to be synced now is acked when it is written; the log syncs it all the same, and goes on with what has come meanwhile.
    private static async Task RunAsync(Bench bench, EmbeddedLogEngine engine, string topic, string how, TimeSpan? syncEvery)
    {
        await engine.CreateTopicAsync(Spec(topic), CancellationToken.None);
        using var file = new FramedFile(bench.Directory[$"framed-{topic}"]);
        using var sync = syncEvery is null ? new SteadySync(file.Sync) : null;
        using var batch = new RecordBatchBuilder(capacity: 256 * 1024);
        for (var i = 0; i < Records; i++) batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, Bodies.Value(i));
        var request = new ProduceRequest(new TopicPartition(topic, 0), batch.Build(), Acks.All) { IsLone = true };

        bench.Compare($"engine append, batches of 100 x 1024 B, {how}", new Goal("P4", AtLeast: 0.85), new Comparison(syncEvery is null ? bench.Pace.OfSteadySyncs : bench.Pace)
        {
            Ours = new Side("engine", duration => Repeat(duration, syncEvery, isSynced =>
            {
                var append = engine.ProduceAsync(request with { Acks = isSynced || syncEvery is null ? Acks.All : Acks.Leader }, CancellationToken.None);
                if (!append.IsCompleted) append.AsTask().Wait();
            })),
            Limit = new Side("checksum and write", duration => Repeat(duration, syncEvery, isSynced =>
            {
                if (!request.Batch.IsCrcValid()) throw new InvalidDataException("The batch has changed.");
                file.Append(request.Batch.Bytes.Span, isSynced);
            })),
        });
    }

    private static TopicSpec Spec(string topic) => new(topic, 1, null, new Dictionary<string, string>
    {
        ["durability"] = topic == "async" ? "async" : "fsync",
        ["segment.bytes"] = "268435456",
        ["retention.bytes"] = "1073741824",
    });

    private static Slice Repeat(TimeSpan duration, TimeSpan? syncEvery, Action<bool> append)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        var synced = started;
        var count = 0;
        for (; Stopwatch.GetElapsedTime(started) < duration; count++)
        {
            var isDue = syncEvery is { } every && Stopwatch.GetElapsedTime(synced) >= every;
            append(isDue);
            if (isDue) synced = Stopwatch.GetTimestamp();
        }

        return new Slice
        {
            Units = count * Records,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            BytesPerRecord = (GC.GetTotalAllocatedBytes() - allocated) / (double)(count * Records),
            CpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
        };
    }
}
