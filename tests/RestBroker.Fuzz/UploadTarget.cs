using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Topics;
using RestBroker.Server.Producing;
using RestBroker.Storage;

namespace RestBroker.Fuzz;

/// <summary>Uploads of any bytes to a real log: each gets a summary, and what it says was stored is there.</summary>
internal sealed class UploadTarget
{
    private readonly ILogEngine _engine;
    private readonly RecordProducer _producer;
    private readonly TopicDescription _topic;
    private long _stored;

    public UploadTarget()
    {
        var config = new LogConfig { DataDirectory = Directory.CreateTempSubdirectory("restbroker-fuzz-").FullName };
        _engine = EmbeddedLogEngine.OpenAsync(config, TimeProvider.System, NullLoggerFactory.Instance, default).GetAwaiter().GetResult();
        var configs = new Dictionary<string, string> { ["durability"] = "async", ["retention.bytes"] = "1000000", ["segment.bytes"] = "1000000" };
        _topic = _engine.CreateTopicAsync(new TopicSpec("t", 3, null, configs), default).AsTask().GetAwaiter().GetResult();
        _producer = new RecordProducer(_engine, TimeProvider.System);
    }

    public void Run(byte[] bytes, RecordLimits limits)
    {
        var options = new ProduceOptions(null, Acks.Leader);
        using var upload = new NdjsonUpload(_producer, options, limits, maxLineBytes: 4_096, TimeProvider.System)
        {
            PartitionCount = 3,
            Target = _ => ValueTask.FromResult(_topic),
        };
        var summary = upload.RunAsync(PipeReader.Create(new MemoryStream(bytes)), default).GetAwaiter().GetResult();
        if (summary.IsBroken) throw new InvalidOperationException("A good log refused a batch.");
        _stored += summary.StoredCount;
        var partitions = _engine.DescribePartitionsAsync("t", default).AsTask().GetAwaiter().GetResult();
        if (partitions.Sum(partition => partition.NextOffset) != _stored) throw new InvalidOperationException("The summary is not what was stored.");
    }
}
