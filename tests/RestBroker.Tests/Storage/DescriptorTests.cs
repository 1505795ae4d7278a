using Microsoft.Extensions.Logging.Abstractions;
using RestBroker.Core.Engine;
using RestBroker.Core.Errors;
using RestBroker.Core.Records;
using RestBroker.Core.Topics;
using RestBroker.Storage;

namespace RestBroker.Tests.Storage;

/// <summary>File descriptors are shared out before they run out.</summary>
public sealed class DescriptorTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FaultyFileStore _files = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(1_048_576, 1_000, 1_047_128)]
    [InlineData(1_024, 288, 288)]
    [InlineData(480, 16, 16)]
    public void Half_goes_to_segments_and_the_rest_to_connections(long limit, int segments, long connections)
    {
        var budget = DescriptorBudget.Share(limit, 1_000);

        Assert.Equal((segments, connections), (budget.OpenSegments, budget.Connections));
        Assert.True(budget.OpenSegments + budget.Connections + DescriptorBudget.Reserve <= limit);
    }

    [Fact]
    public void With_too_few_a_broker_says_so_and_does_not_begin() =>
        Assert.Contains("ulimit -n", Assert.Throws<RestBroker.Storage.DataDirectoryException>(() => DescriptorBudget.Share(479, 1_000)).Message, StringComparison.Ordinal);

    [Fact]
    public void This_process_has_a_limit() =>
        Assert.InRange(DescriptorBudget.OfThisProcess(1_000).Limit, 64, long.MaxValue);

    [Fact]
    public async Task Partitions_that_cannot_be_synced_fill_the_files_and_the_next_is_told_to_wait()
    {
        const int Limit = 16;
        await using var engine = await OpenAsync(Limit);
        await engine.CreateTopicAsync(new TopicSpec("many", 40, null, new Dictionary<string, string>()), default);
        using var mayGoOn = new ManualResetEventSlim();
        _files.Fault = (call, path) =>
        {
            if (call is FileCall.Sync or FileCall.SyncFileSystem && !path.EndsWith("checkpoint", StringComparison.Ordinal)) mayGoOn.Wait();
            return 0;
        };

        BrokerException? refused = null;
        var taken = 0;
        while (refused is null && taken < 40)
        {
            try
            {
                await ProduceAsync(engine, taken, Acks.Leader);
                taken++;
            }
            catch (BrokerException e)
            {
                refused = e;
            }
        }

        Assert.Equal((BrokerError.LimitReached, SideEffects.None), (refused?.Error, refused?.SideEffects));
        Assert.InRange(taken, Limit / 2, Limit);
        await ProduceAsync(engine, 0, Acks.Leader); // its file is open already

        mayGoOn.Set();
        _files.Fault = (_, _) => 0;
        await ProduceAsync(engine, 0, Acks.All);
        for (var partition = 0; partition < 40; partition++) await ProduceAsync(engine, partition, Acks.All);
        Assert.True(engine.IsHealthy);
    }

    private Task<EmbeddedLogEngine> OpenAsync(int maxOpenSegments) => EmbeddedLogEngine.OpenAsync(
        new LogConfig { DataDirectory = _directory.Path, FlusherThreads = 1, MaxOpenSegments = maxOpenSegments },
        TimeProvider.System, NullLoggerFactory.Instance, _files, default);

    private static async Task ProduceAsync(EmbeddedLogEngine engine, int partition, Acks acks)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, "value"u8.ToArray());
        await engine.ProduceAsync(new ProduceRequest(new("many", partition), builder.Build(), acks), default);
    }
}
