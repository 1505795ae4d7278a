using System.Text;
using RestBroker.Core.Records;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

public sealed class LoneProducerTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    private long? SavedRecoveryPoint =>
        new LogCheckpoint(_fixture.Files, Path.Combine(_fixture.LogDirectory, LogCheckpoint.FileName)).Read()?.RecoveryPoint;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Whoever_syncs_for_itself_all_the_time_does_not_keep_the_checkpoint_from_being_written()
    {
        var log = _fixture.Open();
        Append(log);
        Assert.NotEqual(1, SavedRecoveryPoint);

        _fixture.Time.Advance(TimeSpan.FromSeconds(1));
        Append(log);

        await Eventually.IsTrueAsync(() => Task.FromResult(SavedRecoveryPoint == 2));
    }

    private static void Append(PartitionLog log)
    {
        using var builder = new RecordBatchBuilder();
        builder.Append(1_000, null, Encoding.UTF8.GetBytes("value"));
        log.Append(builder.Build(), new AppendWish(null, Wait: true, IsLone: true));
    }
}
