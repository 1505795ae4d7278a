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

    public static async Task RunAsync(Bench bench)
    {
        var config = new LogConfig { DataDirectory = bench.Directory["engine"] };
        await using var engine = await EmbeddedLogEngine.OpenAsync(config, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        using var file = new FramedFile(bench.Directory["framed"]);
        await RunAsync(bench, engine, file, isSynced: false);
        await RunAsync(bench, engine, file, isSynced: true);
    }

    private static async Task RunAsync(Bench bench, EmbeddedLogEngine engine, FramedFile file, bool isSynced)
    {
        var how = isSynced ? "a sync per batch" : "page cache";
        var topic = isSynced ? "synced" : "async";
        await engine.CreateTopicAsync(Spec(topic), CancellationToken.None);
        using var batch = new RecordBatchBuilder(capacity: 256 * 1024);
        for (var i = 0; i < Records; i++) batch.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, Bodies.Value(i));
        var request = new ProduceRequest(new TopicPartition(topic, 0), batch.Build(), Acks.All);

        bench.Compare($"engine append, batches of 100 x 1024 B, {how}", new Goal("P4", AtLeast: 0.85), new Comparison(bench.Pace)
        {
            Ours = new Side("engine", duration => Repeat(duration, () =>
            {
                var append = engine.ProduceAsync(request, CancellationToken.None);
                if (!append.IsCompleted) append.AsTask().Wait();
            })),
            Limit = new Side("checksum and write", duration => Repeat(duration, () =>
            {
                if (!request.Batch.IsCrcValid()) throw new InvalidDataException("The batch has changed.");
                file.Append(request.Batch.Bytes.Span, isSynced);
            })),
        });
    }

    private static TopicSpec Spec(string topic) => new(topic, 1, null, new Dictionary<string, string>
    {
        ["durability"] = topic == "synced" ? "fsync" : "async",
        ["segment.bytes"] = "268435456",
        ["retention.bytes"] = "1073741824",
    });

    private static Slice Repeat(TimeSpan duration, Action append)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var started = Stopwatch.GetTimestamp();
        var count = 0;
        for (; Stopwatch.GetElapsedTime(started) < duration; count++) append();
        return new Slice
        {
            Units = count * Records,
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            BytesPerRecord = (GC.GetTotalAllocatedBytes() - allocated) / (double)(count * Records),
            CpuSeconds = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds,
        };
    }
}
