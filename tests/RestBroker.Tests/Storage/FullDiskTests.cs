using Microsoft.Extensions.Logging;
using RestBroker.Core.Errors;
using RestBroker.Storage.Log;

namespace RestBroker.Tests.Storage;

/// <summary>A disk that is full refuses what needs room, harms nothing, and is well again once there is room.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly LogFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(FileCall.Write)]
    [InlineData(FileCall.Sync)]
    public async Task A_checkpoint_there_is_no_room_for_is_put_off_and_the_log_goes_on(object call)
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "zero");
        Fill(call, LogCheckpoint.FileName);
        for (var i = 1; i <= 3; i++)
        {
            _fixture.Time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal(i, await LogFixture.AppendAsync(log, "value"));
            log.Commits.Flush();
            Assert.True(log.IsHealthy);
        }

        Assert.Equal(LogLevel.Warning, Assert.Single(_fixture.Logs.All).Level);
        _fixture.Files.Fault = (_, _) => 0;
        log.Commits.Flush();

        Assert.Equal(4, Saved().RecoveryPoint);
        Assert.Equal(4, await LogFixture.AppendAsync(log, "after"));
        Assert.True(log.CloseCleanly());
    }

    [Fact]
    public async Task A_checkpoint_that_the_disk_fails_poisons_the_log_and_is_told()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "zero");
        _fixture.Time.Advance(TimeSpan.FromSeconds(2));
        await LogFixture.AppendAsync(log, "one");
        log.Commits.Flush();
        _fixture.Time.Advance(TimeSpan.FromSeconds(2));
        _fixture.Files.Fault = (_, path) => path.EndsWith(LogCheckpoint.FileName, StringComparison.Ordinal) ? FaultyFileStore.IoError : 0;

        await LogFixture.AppendAsync(log, "two");
        log.Commits.Flush();

        Assert.False(log.IsHealthy);
        var told = Assert.Single(_fixture.Logs.All);
        Assert.Equal(LogLevel.Error, told.Level);
        Assert.Contains("topic-0", told.Message, StringComparison.Ordinal);
        Assert.Equal(FaultyFileStore.IoError, Assert.IsType<IOException>(told.Exception).HResult);
    }

    [Fact]
    public async Task A_checkpoint_has_all_its_room_from_its_first_write_on()
    {
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, "zero");
        var path = Path.Combine(_fixture.LogDirectory, LogCheckpoint.FileName);
        var size = new FileInfo(path).Length;

        for (var i = 0; i < 4; i++) log.DeleteRecords(log.HighWatermark.Value);
        await LogFixture.AppendAsync(log, "one");
        log.DeleteRecords(2);

        Assert.Equal(size, new FileInfo(path).Length);
        Assert.Equal(LogCheckpoint.SlotDistance + 80, size);
    }

    [Fact]
    public async Task Records_that_there_is_no_room_to_delete_are_all_there_and_no_file_goes()
    {
        _fixture.Configs["segment.bytes"] = "1024";
        var log = _fixture.Open();
        for (var i = 0; i < 30; i++) await LogFixture.AppendAsync(log, $"value {i} xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        log.Commits.Flush();
        var files = Directory.GetFiles(_fixture.LogDirectory, "*.log");
        Fill(FileCall.Write, LogCheckpoint.FileName);

        var refused = Assert.Throws<BrokerException>(() => log.DeleteRecords(29));

        Assert.Equal((BrokerError.DiskFull, SideEffects.None), (refused.Error, refused.SideEffects));
        Assert.Equal((0, 0, true), (log.LogStartOffset, log.Clean(), log.IsHealthy));
        Assert.Equal(30, LogFixture.Read(log).Count);
        Assert.Equal(files, Directory.GetFiles(_fixture.LogDirectory, "*.log"));

        _fixture.Configs["retention.bytes"] = "1024";
        log.Config = Core.Topics.TopicConfig.Parse(_fixture.Configs);
        for (var round = 0; round < 2; round++) Assert.Throws<IOException>(() => log.Clean());
        Assert.Equal(files, Directory.GetFiles(_fixture.LogDirectory, "*.log"));
        Assert.Equal(0, log.LogStartOffset);

        _fixture.Files.Fault = (_, _) => 0;
        Assert.Equal(29, log.DeleteRecords(29));
        Assert.True(log.Clean() > 0);
        Assert.Equal(30, await LogFixture.AppendAsync(log, "after"));
    }

    [Fact]
    public async Task A_segment_that_there_is_no_room_to_begin_is_begun_when_there_is()
    {
        _fixture.Configs["segment.bytes"] = "1024";
        var log = _fixture.Open();
        await LogFixture.AppendAsync(log, new string('x', 900));
        _fixture.Files.Fault = (call, path) =>
            call == FileCall.Open && path.EndsWith("1.log", StringComparison.Ordinal) ? FaultyFileStore.NoSpace : 0;

        var refused = await Assert.ThrowsAsync<BrokerException>(() => LogFixture.AppendAsync(log, new string('y', 900)));

        Assert.Equal(BrokerError.DiskFull, refused.Error);
        Assert.True(log.IsHealthy);
        _fixture.Files.Fault = (_, _) => 0;
        Assert.Equal(1, await LogFixture.AppendAsync(log, "after"));
    }

    private void Fill(object call, string name) => _fixture.Files.Fault = (made, path) =>
        made.Equals(call) && path.EndsWith(name, StringComparison.Ordinal) ? FaultyFileStore.NoSpace : 0;

    private CheckpointState Saved() =>
        new LogCheckpoint(_fixture.Files, Path.Combine(_fixture.LogDirectory, LogCheckpoint.FileName)).Read()!.Value;
}
