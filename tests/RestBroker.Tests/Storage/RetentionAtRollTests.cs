using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RestBroker.Core.Engine;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Tests.Storage;

public sealed class RetentionAtRollTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_fast_producer_is_held_to_the_retained_bytes_between_two_rounds_of_the_cleaner()
    {
        // A clock that stands still: no round comes.
        await using var engine = await EmbeddedLogEngine.OpenAsync(
            new LogConfig { DataDirectory = _directory.Path }, new FakeTimeProvider(DateTimeOffset.UtcNow), NullLoggerFactory.Instance, default);
        var settings = new Dictionary<string, string> { ["segment.bytes"] = "2000", ["retention.bytes"] = "4000" };
        await engine.CreateTopicAsync(new TopicSpec("fast", 1, null, settings), default);

        for (var i = 0; i < 20; i++) await ProduceAsync(engine, new byte[1_000]);

        await Eventually.IsTrueAsync(async () => (await engine.DescribePartitionsAsync("fast", default))[0].Bytes <= 6_000);
        Assert.InRange((await engine.DescribePartitionsAsync("fast", default))[0].LogStartOffset, 14, 19);
    }

    private static async Task ProduceAsync(EmbeddedLogEngine engine, byte[] value)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(), null, value);
        await engine.ProduceAsync(new ProduceRequest(new("fast", 0), builder.Build(), Acks.All), default);
    }
}
